// Finds the heads of frames in a client's octets (RFC 9113 4.1), however these are cut into pieces.
//
// nghttp2 looks at frames by itself. But of those it means to ignore it tells nobody, and some of these must
// not come at all.
//
// Thread: none of its own.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pollux::http2 {

class FrameHeads {
 public:
  struct Head {
    std::uint32_t length = 0;  // Octets of payload.
    std::uint8_t type = 0;
    std::int32_t stream = 0;
  };

  // `skip`: octets that come before the first frame.
  explicit FrameHeads(std::uint32_t skip) : skip_(skip) {}

  // How many of the octets belong to what has begun already: the rest of a payload, or of a head. begun()
  // says whether that head is whole now. REQUIRES: not empty.
  [[nodiscard]] std::size_t take(std::string_view octets) {
    begun_.reset();
    if (skip_ > 0) {
      const std::size_t taken = std::min<std::size_t>(skip_, octets.size());
      skip_ -= static_cast<std::uint32_t>(taken);
      return taken;
    }
    const std::size_t taken = octets.copy(head_.data() + have_, head_.size() - have_);
    have_ += taken;
    if (have_ == head_.size()) begin();
    return taken;
  }
  [[nodiscard]] const std::optional<Head>& begun() const { return begun_; }

 private:
  [[nodiscard]] std::uint32_t number(std::size_t from, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + count; ++i)
      value = value << 8U | static_cast<std::uint8_t>(head_[i]);
    return value;
  }

  void begin() {
    constexpr std::uint32_t kNumber = 0x7FFFFFFF;  // Without the reserved bit.
    have_ = 0;
    skip_ = number(0, 3);
    begun_ = Head{skip_, static_cast<std::uint8_t>(number(3, 1)),
                  static_cast<std::int32_t>(number(5, 4) & kNumber)};
  }

  std::array<char, 9> head_{};
  std::size_t have_ = 0;  // Octets of head_.
  std::uint32_t skip_;    // Octets before the next one begins.
  std::optional<Head> begun_;
};

}  // namespace pollux::http2
