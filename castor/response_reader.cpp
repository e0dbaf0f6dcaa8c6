#include "castor/response_reader.h"

#include <algorithm>
#include <string_view>

#include "http/chars.h"

namespace pollux::castor {

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kAnyHead = "HTTP/1.0 000";  // The beginning of a head; 0 is any digit.
// `start`: no longer than kAnyHead.
bool begins_like_a_head(std::string_view start) {
  return std::equal(start.begin(), start.end(), kAnyHead.begin(), [](char octet, char wanted) {
    return wanted == '0' ? http::is_digit(octet) : octet == wanted;
  });
}

}  // namespace

void ResponseReader::begin(bool head) {
  begun_ = true;
  fresh_ = !http09_;
  bare_ = false;
  bare_octets_ = 0;
  parser_.start(head);
}

ResponseReader::Result ResponseReader::read(Buffer& in) {
  if (fresh_) return read_first(in);
  if (is_undecided()) {
    const std::string_view start = in.readable().substr(0, kAnyHead.size());
    bare_ = !begins_like_a_head(start);
    if (!bare_ && start.size() < kAnyHead.size()) return Result::kNeedMore;
  }
  return bare_ ? read_bare(in) : parser_.parse(in);
}

ResponseReader::Result ResponseReader::read_first(Buffer& in) {
  fresh_ = false;
  if (!known_) known_ = std::make_unique<KnownHead>();
  std::string& octets = known_->octets;
  if (!octets.empty() && in.readable().starts_with(octets)) {
    in.consume(octets.size());
    const Result result = parser_.skip_head(known_->said);
    return result == Result::kNeedMore ? parser_.parse(in) : result;
  }
  const std::size_t end = in.readable().find(kEndOfHead);
  octets.assign(in.readable().substr(0, end == std::string_view::npos ? 0 : end + kEndOfHead.size()));
  const Result result = parser_.parse(in);
  // Not for one of several heads (1xx), or one that arrived in pieces.
  const bool whole = parser_.past_head() && parser_.head_octets() == octets.size();
  if (!whole || result == Result::kError) octets.clear();
  known_->said = parser_.head();
  return result;
}

ResponseReader::Result ResponseReader::read_bare(Buffer& in) {
  bare_octets_ += in.size();
  in.consume(in.size());
  return Result::kNeedMore;
}

ResponseReader::Result ResponseReader::end_of_input(Buffer& in) {
  if (begun_ && is_undecided()) {
    bare_ = true;
    (void)read_bare(in);
  }
  return bare_ ? Result::kComplete : parser_.end_of_input();
}

}  // namespace pollux::castor
