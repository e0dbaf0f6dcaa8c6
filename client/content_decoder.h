// Undoes one content coding (RFC 9110 8.4.1) piece by piece: gzip (RFC 1952), br (RFC 7932), zstd (RFC 8878).
//
// A few octets can become gigabytes, so the caller provides the room and decides after each call whether to
// go on. Memory: a window of 32 KiB (gzip), 16 MiB (br) or 8 MiB (zstd, RFC 9659) at most.
//
// Thread: the one that holds the exchange.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace pollux::client {

class ContentDecoder {
 public:
  // In the format of Accept-Encoding.
  static constexpr std::string_view kCodings = "br, zstd, gzip";

  // nullptr: not exactly one known coding. Throws std::bad_alloc.
  [[nodiscard]] static std::unique_ptr<ContentDecoder> make(std::string_view coding);

  ContentDecoder() = default;
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;
  virtual ~ContentDecoder() = default;

  // Consumes octets from the front of `in` and writes to `room`; returns the number of octets written. If
  // `room` is not filled, all of `in` was consumed. std::nullopt: malformed.
  [[nodiscard]] virtual std::optional<std::size_t> decode(std::string_view& in, std::span<char> room) = 0;
  // Whether the octets consumed so far may be all.
  [[nodiscard]] virtual bool whole() const = 0;
};

}  // namespace pollux::client
