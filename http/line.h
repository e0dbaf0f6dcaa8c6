// The slave state machine of the request parser: finds one line.
//
// TinyWebServer's parse_line() with its LINE_OK, LINE_OPEN and LINE_BAD. Lines end in CRLF. A line feed
// alone is refused: RFC 9112 2.2 lets a recipient take it for a line end, but two recipients of one
// message that disagree about that are the raw material of request smuggling.
#pragma once

#include <cstddef>
#include <string_view>

namespace pollux::http {

enum class LineStatus { kOk, kOpen, kBad };

struct Line {
  LineStatus status;
  std::string_view text;  // Of kOk: without its CRLF.
  std::size_t length;     // Octets of the line so far, without a CR at its end; what limits are held against.
};

class LineScanner {
 public:
  // Looks for the end of the line that begins at `octets`. Called again with more octets, it goes on
  // where it stopped, so a line costs one look at each octet however it is split.
  [[nodiscard]] Line next(std::string_view octets) {
    const std::size_t feed = octets.find('\n', searched_);
    if (feed == std::string_view::npos) {
      searched_ = octets.size();
      return {LineStatus::kOpen, {}, octets.size() - (octets.ends_with('\r') ? 1 : 0)};
    }
    searched_ = 0;
    if (feed == 0 || octets[feed - 1] != '\r') return {LineStatus::kBad, {}, feed};
    return {LineStatus::kOk, octets.substr(0, feed - 1), feed - 1};
  }

  void reset() { searched_ = 0; }

 private:
  std::size_t searched_ = 0;  // Octets of the open line known to have no line feed.
};

}  // namespace pollux::http
