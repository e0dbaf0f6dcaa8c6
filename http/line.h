// The slave state machine of the request parser: it finds one line.
//
// It is TinyWebServer's parse_line() with its LINE_OK, LINE_OPEN and LINE_BAD. Lines end in CRLF. A line feed
// alone is refused: RFC 9112 2.2 lets a recipient accept it as a line end, but request smuggling feeds on two
// recipients that disagree about this. A carriage return alone is refused, too, as soon as the next octet
// shows that it is alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace pollux::http {

enum class LineStatus { kOk, kOpen, kBad };

struct Line {
  LineStatus status;
  std::string_view text;  // With kOk: without its CRLF.
  std::size_t length;     // Octets of the line so far, without a CR at its end; compared with the limits.
};

class LineScanner {
 public:
  // Looks for the end of the line that begins at `octets`. When called again with more octets it goes on
  // where it stopped, so each octet is looked at once, however the line is split.
  [[nodiscard]] Line next(std::string_view octets) {
    constexpr std::size_t kNone = std::string_view::npos;
    const std::size_t feed = octets.find('\n', searched_);
    const std::size_t carriage_return = octets.substr(0, feed).find('\r', searched_);
    const std::size_t length = std::min({carriage_return, feed, octets.size()});
    const bool ends = feed != kNone && carriage_return != kNone && carriage_return + 1 == feed;
    const bool open = feed == kNone && (carriage_return == kNone || carriage_return + 1 == octets.size());
    searched_ = open ? length : 0;
    if (open) return {LineStatus::kOpen, {}, length};
    if (!ends) return {LineStatus::kBad, {}, length};
    return {LineStatus::kOk, octets.substr(0, length), length};
  }

  void reset() { searched_ = 0; }

 private:
  std::size_t searched_ = 0;  // Octets of the open line known to have no CR and no LF.
};

}  // namespace pollux::http
