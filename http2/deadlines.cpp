#include "http2/deadlines.h"

namespace pollux::http2 {

Deadlines::Late Deadlines::look_at(Stream& stream, const Frames& frames, TimePoint now) const {
  switch (stream.state) {
    case Stream::State::kHead: return now - stream.begun >= options_.header ? Late::kHead : Late::kNo;
    case Stream::State::kBody: {
      const bool stalled = now - stream.moved >= options_.body;
      return stalled || stream.pace->too_slow(stream.received, now) ? Late::kBody : Late::kNo;
    }
    case Stream::State::kReady:
    case Stream::State::kKept: stream.moved = now; return Late::kNo;
    case Stream::State::kAnswering: break;
  }
  const bool waits_for_client =
      frames.is_blocked(stream.id) && (!stream.tunnel || stream.tunnel->has_output());
  if (!waits_for_client) {
    stream.moved = now;
    return Late::kNo;
  }
  return now - stream.moved >= options_.send ? Late::kWindow : Late::kNo;
}

}  // namespace pollux::http2
