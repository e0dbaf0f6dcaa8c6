#include "castor/pipeline.h"

#include <algorithm>

namespace pollux::castor {

Pipeline::Pipeline(std::size_t capacity)
    : ring_(capacity > 0 ? std::make_unique<PendingRequest[]>(capacity) : nullptr),
      capacity_(static_cast<std::uint32_t>(capacity)) {}

PendingRequest& Pipeline::push(const PendingRequest& request) {
  PendingRequest& last = at(count_++);
  last = request;
  return last;
}

PendingRequest Pipeline::pop() {
  const PendingRequest first = front();
  first_ = (first_ + 1) % capacity_;
  --count_;
  if (sent_ > 0) {
    --sent_;
  } else {
    offset_ = 0;  // It was sent only in part, if at all.
  }
  return first;
}

std::size_t Pipeline::unsent(std::span<iovec> pieces) const {
  const std::size_t count = std::min<std::size_t>(pieces.size(), count_ - sent_);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view octets = octets_of(sent_ + i).substr(i == 0 ? offset_ : 0);
    pieces[i] = {const_cast<char*>(octets.data()), octets.size()};
  }
  return count;
}

void Pipeline::sent(std::size_t octets, TimePoint now) {
  offset_ += octets;
  while (!all_sent() && offset_ >= octets_of(sent_).size()) {
    offset_ -= octets_of(sent_).size();
    at(sent_).sent = now;
    ++sent_;
  }
}

}  // namespace pollux::castor
