// The deadlines of a connection's streams, and of a connection without streams. They are looked at once a
// second also in the midst of traffic, which puts off the connection's own deadlines (net/phase.h) again and
// again.
//
// Thread: whichever holds the connection.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "http2/session_options.h"
#include "http2/stream.h"

namespace pollux::http2 {

class Deadlines {
 public:
  static constexpr std::chrono::seconds kLookEvery{1};

  // What a client is late with.
  enum class Late : std::uint8_t {
    kNo,
    kHead,    // The rest of a stream's head.
    kBody,    // More of a request's body, or it comes too slowly.
    kWindow,  // Room for more of an answer.
  };

  // Must outlive this.
  explicit Deadlines(const SessionOptions& options) : options_(options) {}

  // Every input, the first of which begins the connection.
  void on_input(TimePoint now) {
    if (begun_ == TimePoint()) begun_ = looked_ = idle_since_ = now;
  }
  void on_stream_closed(TimePoint now) { idle_since_ = now; }

  [[nodiscard]] bool look_is_due(TimePoint now) const { return now - looked_ >= kLookEvery; }
  void look_begins(TimePoint now) { looked_ = now; }

  // Of a connection that has no stream, and has had none: the first one is late.
  [[nodiscard]] bool first_is_late(TimePoint now) const { return now - begun_ >= options_.header; }
  // Of one that has had some: the next one is late.
  [[nodiscard]] bool next_is_late(TimePoint now) const { return now - idle_since_ >= options_.keepalive; }

  // Notes progress (Stream::moved) where the stream does not wait for its client.
  [[nodiscard]] Late look_at(Stream& stream, const Frames& frames, TimePoint now) const;

 private:
  const SessionOptions& options_;
  TimePoint begun_;       // The connection's first octets came.
  TimePoint idle_since_;  // The last stream ended.
  TimePoint looked_;
};

}  // namespace pollux::http2
