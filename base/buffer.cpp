#include "base/buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace pollux {

namespace {

constexpr std::size_t kSmallest = 512;  // One typical request.

}  // namespace

std::span<char> Buffer::prepare(std::size_t octets) {
  if (empty()) begin_ = end_ = 0;
  if (capacity_ - end_ >= octets) return {data_.get() + end_, capacity_ - end_};

  const std::size_t held = size();
  if (capacity_ - held >= octets && begin_ >= held) {  // Sliding is cheaper than growing.
    std::memcpy(data_.get(), data_.get() + begin_, held);
  } else {
    const std::size_t wanted = std::max({kSmallest, held + octets, std::size_t{capacity_} * 2});
    if (octets > std::numeric_limits<std::uint32_t>::max() - held ||
        wanted > std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("buffer over 4 GiB");
    }
    auto grown = std::make_unique_for_overwrite<char[]>(wanted);
    if (held > 0) std::memcpy(grown.get(), data_.get() + begin_, held);
    data_ = std::move(grown);
    capacity_ = static_cast<std::uint32_t>(wanted);
  }
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(held);
  return {data_.get() + end_, capacity_ - end_};
}

void Buffer::append(std::string_view octets) {
  if (octets.empty()) return;
  std::memcpy(prepare(octets.size()).data(), octets.data(), octets.size());
  commit(octets.size());
}

void Buffer::release() {
  data_.reset();
  begin_ = end_ = capacity_ = 0;
}

}  // namespace pollux
