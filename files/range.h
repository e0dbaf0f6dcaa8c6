// Byte ranges (RFC 9110 section 14).
//
//   Range: bytes=0-499          the first 500 octets
//   Range: bytes=500-           everything behind them
//   Range: bytes=-500           the last 500, or all of a shorter file
//   Range: bytes=0-0, 500-599   two parts: multipart/byteranges
//
// The field is an offer that may always be declined with a whole 200 answer (14.2). It is declined:
//  - when its unit is not "bytes" or it breaks the grammar, which includes a last octet before the first;
//  - when it lists more ranges than the limit, or ranges longer in total than the file: no reader
//    needs that, but an attacker may want to make the server send much for little;
//  - when it asks for a suffix of an empty file: satisfiable by 14.1.2, yet no Content-Range can express it.
// Ranges that overlap or touch are sent as one, in the place of the earliest of them; the rest keep the
// client's order (15.3.7.2). Numbers of any length are understood: a number beyond 64 bits lies beyond the
// end of every file.
//
// Pure functions of values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::files {

struct ByteRange {
  std::uint64_t first;
  std::uint64_t last;  // Inclusive.

  [[nodiscard]] std::uint64_t length() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct Ranges {
  enum class Kind {
    kNone,           // Ignore the Range field: 200.
    kUnsatisfiable,  // 416.
    kSatisfiable,    // 206.
  };
  Kind kind = Kind::kNone;
  std::vector<ByteRange> parts;  // With kSatisfiable: one or more, apart, within the file.
};

// `field`: the value of Range. `size`: the file's, in octets. `limit`: maximum of ranges. Takes at most
// limit^2 steps.
[[nodiscard]] Ranges parse_ranges(std::string_view field, std::uint64_t size, std::size_t limit);

// Values of Content-Range (14.4), for a 206 and for a 416.
[[nodiscard]] std::string content_range(ByteRange range, std::uint64_t size);
[[nodiscard]] std::string unsatisfied_content_range(std::uint64_t size);

}  // namespace pollux::files
