// Bounds and deadlines of an HTTP/2 session.
#pragma once

#include "base/clock.h"
#include "http2/frames.h"

namespace pollux::http2 {

struct SessionOptions {
  Frames::Limits frames;
  // Deadlines of single streams; the connection has those of net/phase.h beside them.
  milliseconds header{15'000};     // Until a head is whole.
  milliseconds body{30'000};       // A request's body: progress.
  milliseconds send{30'000};       // A client that opens no window: progress.
  milliseconds keepalive{60'000};  // Without a stream.
};

}  // namespace pollux::http2
