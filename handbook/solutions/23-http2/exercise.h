// The sending half of a connection of HTTP/2: which stream sends the next frame of DATA, and how long it is.
//
// Streams take turns, a frame each, and each frame fits into two windows. A stream that cannot send does not
// hold up the others.
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
    if (stream == 0) window_ += octets;
    for (Stream& each : streams_) {
      if (each.id == stream) each.window += octets;
    }
  }

  // The next frame; std::nullopt: nothing can be sent now.
  std::optional<DataFrame> next() {
    for (auto each = streams_.begin(); each != streams_.end(); ++each) {
      const std::int64_t length = std::min({max_frame_, each->left, each->window, window_});
      if (each->left > 0 && length <= 0) continue;
      return send(each, each->left > 0 ? length : 0);
    }
    return std::nullopt;
  }

 private:
  struct Stream {
    std::uint32_t id;
    std::int64_t left;    // Octets.
    std::int64_t window;  // May be below zero.
  };

  DataFrame send(std::list<Stream>::iterator stream, std::int64_t length) {
    stream->left -= length;
    stream->window -= length;
    window_ -= length;
    const DataFrame frame{stream->id, length, stream->left == 0};
    if (frame.end) {
      streams_.erase(stream);
    } else {
      streams_.splice(streams_.end(), streams_, stream);
    }
    return frame;
  }

  std::int64_t window_;
  const std::int64_t stream_window_;
  const std::int64_t max_frame_;
  std::list<Stream> streams_;  // Whose turn comes first is in front.
};
