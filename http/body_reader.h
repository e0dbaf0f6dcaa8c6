// Reads the body of a request: a known number of octets, or chunks (RFC 9112 sections 6 and 7).
//
// Thread: that of the parser it belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "http/line.h"
#include "http/message.h"

namespace pollux::http {

class BodyReader {
 public:
  static constexpr std::size_t kLongestSizeLine = 4096;  // Octets: a chunk's size and its extensions.

  enum class Result { kNeedMore, kComplete, kError };

  struct Limits {
    std::uint64_t body;  // Octets of content: 413.
    std::size_t
        overhead;  // Octets of chunk extensions (and leading zeros), and of trailer fields: 400 and 431.
  };

  void start_fixed(std::uint64_t length);
  void start_chunked();

  // Consumes what belongs to the body. Content goes to `keep`, or nowhere when it is null.
  [[nodiscard]] Result read(Buffer& in, const Limits& limits, std::string* keep);

  // REQUIRES: read() returned kError. 400, 413 or 431.
  [[nodiscard]] Status error_status() const { return error_status_; }

  [[nodiscard]] std::uint64_t received() const { return received_; }  // Octets of content so far.

 private:
  enum class State : std::uint8_t { kFixed, kChunkSize, kChunkData, kChunkEnd, kTrailers, kDone };

  Result fail(Status status);
  [[nodiscard]] bool take_content(Buffer& in, std::string* keep);  // true: all `left_` octets are there.
  [[nodiscard]] std::optional<Result> read_size_line(Buffer& in, const Limits& limits);
  [[nodiscard]] std::optional<Result> read_chunk_end(Buffer& in);
  [[nodiscard]] std::optional<Result> read_trailer(Buffer& in, const Limits& limits);

  State state_ = State::kDone;
  LineScanner scanner_;
  std::uint64_t left_ = 0;  // Octets of content or of this chunk still to come.
  std::uint64_t received_ = 0;
  std::size_t overhead_ = 0;  // Octets of extensions, then of trailers.
  Status error_status_ = Status::kBadRequest;
};

// "1*HEXDIG", any number of leading zeros; std::nullopt: no digits, other octets, or more than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_chunk_size(std::string_view digits);

}  // namespace pollux::http
