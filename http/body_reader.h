// Reads the body of a message: a known number of octets, or chunks (RFC 9112 sections 6 and 7).
//
// It stores nothing. It returns the content piece by piece, as views into the input:
//
//   for (;;) {
//     switch (reader.read(in, limits)) {
//       case Result::kContent: body.append(reader.content()); continue;
//       ...
//
// Thread: that of the parser it belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "http/line.h"
#include "http/message.h"

namespace pollux::http {

class BodyReader {
 public:
  static constexpr std::size_t kLongestSizeLine = 4096;  // Octets: a chunk's size and its extensions.

  enum class Result {
    kContent,  // Use content(), then read on.
    kNeedMore,
    kComplete,
    kError,
  };

  struct Limits {
    // Maximum of content, in octets: 413.
    std::uint64_t body;
    // Maxima of chunk extensions (with leading zeros) and of trailer fields, in octets: 400 and 431.
    std::size_t overhead;
  };

  void start_fixed(std::uint64_t length);
  void start_chunked();

  // Consumes octets of the body.
  [[nodiscard]] Result read(Buffer& in, const Limits& limits);

  // REQUIRES: read() returned kContent. Never empty; valid until `in` is written to.
  [[nodiscard]] std::string_view content() const { return content_; }

  // REQUIRES: read() returned kError. 400, 413 or 431.
  [[nodiscard]] Status error_status() const { return error_status_; }

  [[nodiscard]] std::uint64_t received() const { return received_; }  // Octets of content so far.
  // Octets of content announced, by Content-Length or by this chunk, and still to come.
  [[nodiscard]] std::uint64_t announced() const { return left_; }

 private:
  enum class State : std::uint8_t { kFixed, kChunkSize, kChunkData, kChunkEnd, kTrailers, kDone };

  Result fail(Status status);
  [[nodiscard]] bool within(const Limits& limits, std::uint64_t more) const;
  [[nodiscard]] Result take_content(Buffer& in);
  [[nodiscard]] std::optional<Result> read_size_line(Buffer& in, const Limits& limits);
  [[nodiscard]] std::optional<Result> read_chunk_end(Buffer& in);
  [[nodiscard]] std::optional<Result> read_trailer(Buffer& in, const Limits& limits);

  State state_ = State::kDone;
  LineScanner scanner_;
  std::uint64_t left_ = 0;  // Octets of content or of this chunk still to come.
  std::uint64_t received_ = 0;
  std::size_t overhead_ = 0;  // Octets of extensions, then of trailers.
  std::string_view content_;
  Status error_status_ = Status::kBadRequest;
};

// "1*HEXDIG", any number of leading zeros; std::nullopt: no digits, other octets, or more than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_chunk_size(std::string_view digits);

}  // namespace pollux::http
