#include "base/buffer.h"

#include <string.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace pollux {

namespace {

constexpr std::size_t kSmallest = 512;  // One typical request.
constexpr std::size_t kMax = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::span<char> Buffer::prepare(std::size_t octets) {
  if (empty()) begin_ = end_ = 0;
  if (capacity_ - end_ < octets) {
    const std::size_t held = size();
    if (!pinned_ && capacity_ - held >= octets && begin_ >= held) {  // Sliding is cheaper than growing.
      std::memcpy(data_.get(), data_.get() + begin_, held);
      begin_ = 0;
      end_ = static_cast<std::uint32_t>(held);
    } else {
      move_to(grown_capacity(octets));
    }
  }
  return {data_.get() + end_, capacity_ - end_};
}

// An eighth of the content stays free beside `octets`, so that a caller that asks for much and commits little
// does not make the buffer grow each time.
std::size_t Buffer::grown_capacity(std::size_t octets) const {
  const std::size_t held = size();
  if (octets > kMax - held) throw std::length_error("buffer over 4 GiB");
  const std::size_t room = std::max(octets + held / 8, held / 4);
  const std::size_t doubled = std::min(std::size_t{capacity_} * 2, kSmall);
  return std::min(std::max({kSmallest, doubled, held + room}), kMax);
}

void Buffer::move_to(std::size_t capacity) {
  const std::size_t held = size();
  auto moved = std::make_unique_for_overwrite<char[]>(capacity);
  if (held > 0) std::memcpy(moved.get(), data_.get() + begin_, held);
  if (pinned_ && pinned_data_ == nullptr) {
    pinned_data_ = std::move(data_);
  } else if (capacity_ <= kSmall && held > 0) {
    ::explicit_bzero(data_.get() + begin_, held);
  }
  data_ = std::move(moved);
  capacity_ = static_cast<std::uint32_t>(capacity);
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(held);
}

void Buffer::append(std::string_view octets) {
  if (octets.empty()) return;
  std::memcpy(prepare(octets.size()).data(), octets.data(), octets.size());
  commit(octets.size());
}

void Buffer::unpin() {
  pinned_ = false;
  pinned_data_.reset();
}

void Buffer::wipe() {
  if (capacity_ == 0) return;
  ::explicit_bzero(data_.get(), begin_);
  ::explicit_bzero(data_.get() + end_, capacity_ - end_);
}

void Buffer::shrink_to_fit() {
  if (empty()) return release();
  move_to(size());
}

void Buffer::release() {
  data_.reset();
  begin_ = end_ = capacity_ = 0;
}

}  // namespace pollux
