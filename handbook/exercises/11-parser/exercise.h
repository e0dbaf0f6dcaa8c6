// Reads a body in chunks (RFC 9112 7.1), in packets that end wherever they like:
//
//   5 CRLF hello CRLF  7;x=1 CRLF , world CRLF  0 CRLF CRLF      is      hello, world
//
// A size is one to eight hexadecimal digits; behind it may stand extensions, which begin with ';' and are
// ignored. Behind the content of each chunk stands CRLF. A size of 0 is followed by an empty line (this
// reader knows no trailer fields), and is the end: what follows belongs to the next request.
//
// This version works if the whole body is there when read() is called. Mend it so that read() may be called
// again and again while octets arrive, however few. It has to remember where it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

class ChunkReader {
 public:
  enum class Result { kNeedMore, kComplete, kBad };

  // Takes what belongs to the body from the front of `in`, and appends its content to `content`.
  // kNeedMore: call again when more has come. It keeps no octets of its own, but may leave an unfinished line
  // in `in`. kBad: not as above. Say so as soon as that is certain.
  Result read(std::string& in, std::string& content) {
    while (true) {
      const std::size_t end = in.find("\r\n");
      if (end == std::string::npos) return Result::kBad;
      const std::optional<std::uint32_t> size = parse_size(in.substr(0, end));
      if (!size) return Result::kBad;
      in.erase(0, end + 2);
      content += in.substr(0, *size);
      in.erase(0, *size);
      if (!in.starts_with("\r\n")) return Result::kBad;
      in.erase(0, 2);
      if (*size == 0) return Result::kComplete;
    }
  }

  // Of a whole line without its CRLF; std::nullopt: malformed.
  static std::optional<std::uint32_t> parse_size(const std::string& line) {
    std::uint32_t size = 0;
    std::size_t digits = 0;
    for (; digits < line.size() && line[digits] != ';'; ++digits) {
      const char c = line[digits];
      const int value = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (value < 0 || digits == 8) return std::nullopt;
      size = size * 16 + static_cast<std::uint32_t>(value);
    }
    if (digits == 0) return std::nullopt;
    return size;
  }
};
