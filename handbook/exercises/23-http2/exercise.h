// The sending half of a connection of HTTP/2: which stream sends the next frame of DATA, and how long it is.
//
// This version sends one stream after the other, in frames as long as they like, and knows of no window. Mend
// it:
//   - a frame has at most `max_frame` octets, what its stream has left, what the window of the stream
//     allows, and what the window of the connection allows;
//   - sending takes its octets from both windows; window_update() adds to one of them (stream 0: the
//     connection's). A window may also be below zero: the client may lower the initial one;
//   - streams that can send take turns, in the order in which they were opened: after a stream has sent a
//     frame, the others come first. A stream that cannot send is skipped and keeps its place;
//   - a stream's last frame says so (`end`); a stream without content sends one empty frame, for which it
//     needs no window. After that, or after reset(), the stream is forgotten.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <optional>

struct DataFrame {
  std::uint32_t stream = 0;
  std::int64_t length = 0;
  bool end = false;
};

class Sender {
 public:
  // Windows and frames in octets.
  Sender(std::int64_t connection_window, std::int64_t stream_window, std::int64_t max_frame)
      : window_(connection_window), stream_window_(stream_window), max_frame_(max_frame) {}

  // A stream with an answer of so many octets.
  void open(std::uint32_t stream, std::int64_t content) {
    streams_.push_back({stream, content, stream_window_});
  }
  void reset(std::uint32_t stream) {
    streams_.remove_if([=](const Stream& each) { return each.id == stream; });
  }
  // `octets` more; less, if they are below zero. Unknown streams are ignored.
  void window_update(std::uint32_t stream, std::int64_t octets) {
    (void)stream;
    window_ += octets;
  }

  // The next frame; std::nullopt: nothing can be sent now.
  std::optional<DataFrame> next() {
    if (streams_.empty()) return std::nullopt;
    const Stream first = streams_.front();
    streams_.pop_front();
    return DataFrame{first.id, first.left, true};
  }

 private:
  struct Stream {
    std::uint32_t id;
    std::int64_t left;    // Octets.
    std::int64_t window;  // May be below zero.
  };

  std::int64_t window_;
  const std::int64_t stream_window_;
  [[maybe_unused]] const std::int64_t max_frame_;
  std::list<Stream> streams_;  // Whose turn comes first is in front.
};
