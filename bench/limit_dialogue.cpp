#include "bench/limit_dialogue.h"

#include <algorithm>

namespace pollux::bench {

namespace {

constexpr std::size_t kMaxHead = 8UL * 1024;  // Octets of an unfinished request.

}  // namespace

bool Dialogue::take(std::string_view input, const Answers& answers) {
  const bool unfinished = !partial_.empty();
  if (unfinished) input = partial_.append(input);
  for (std::size_t end = input.find("\r\n\r\n"); end != std::string_view::npos;
       end = input.find("\r\n\r\n")) {
    const std::string_view request = input.substr(0, end + 4);
    const Answer* answer = answers.find(request);
    if (answer == nullptr) return false;
    answers_.push_back(answer);
    close_ = close_ || answer->close;
    input.remove_prefix(end + 4);
  }
  if (input.size() > kMaxHead) return false;
  if (unfinished || !input.empty()) partial_ = std::string(input);
  return true;
}

std::size_t Dialogue::unsent(std::span<iovec> slices) const {
  const std::size_t count = std::min(slices.size(), size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& answer = answers_[next_ + i]->octets;
    const std::size_t skip = i == 0 ? sent_ : 0;
    slices[i] = {const_cast<char*>(answer.data()) + skip, answer.size() - skip};  // Senders only read.
  }
  return count;
}

void Dialogue::sent(std::size_t octets) {
  sent_ += octets;
  while (size() > 0 && sent_ >= answers_[next_]->octets.size()) sent_ -= answers_[next_++]->octets.size();
  if (size() > 0) return;
  answers_.clear();
  next_ = 0;
}

}  // namespace pollux::bench
