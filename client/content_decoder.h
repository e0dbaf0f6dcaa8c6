// Undoes one content coding (RFC 9110 8.4.1) piece by piece: gzip (RFC 1952), br (RFC 7932), zstd (RFC 8878).
//
// A few octets can become gigabytes, so the caller says how much room there is and decides after each call
// whether it wants more. Memory: a window of 32 KiB (gzip), 16 MiB (br) or 8 MiB (zstd, RFC 9659) at most.
//
// Thread: none of its own; used by whoever holds the exchange.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace pollux::client {

class ContentDecoder {
 public:
  // As Accept-Encoding says it.
  static constexpr std::string_view kCodings = "br, zstd, gzip";

  // nullptr: not one coding that is known. Throws std::bad_alloc.
  [[nodiscard]] static std::unique_ptr<ContentDecoder> make(std::string_view coding);

  ContentDecoder() = default;
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;
  virtual ~ContentDecoder() = default;

  // Takes octets from the front of `in` and writes to `room`; returns how many were written. Room that is not
  // filled means that all of `in` was taken. std::nullopt: malformed.
  [[nodiscard]] virtual std::optional<std::size_t> decode(std::string_view& in, std::span<char> room) = 0;
  // What was taken so far could be all.
  [[nodiscard]] virtual bool whole() const = 0;
};

}  // namespace pollux::client
