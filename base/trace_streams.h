// The streams of one connection of HTTP/2 while the tracer follows one of them: what the live view draws as
// lanes (RFC 9113 section 5).
//
// - The first stream that begins is the one that is followed. Those that were open before it, and those that
//   begin while it is open, are its neighbours.
// - A frame is a note of the recording like any other (trace.h), of whichever stream; here they are only
//   counted, stream by stream.
//
// Bounded: kMaxStreams have a lane, the one that is followed always; the others are counted.
//
// Nothing here throws: a stream that there is no memory for has no lane.
//
// Thread: whoever holds the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace pollux::trace {

constexpr std::size_t kMaxStreams = 32;

// Octets of DATA that may still be sent in one direction (5.2); a stream's may be negative, after SETTINGS.
struct Windows {
  std::optional<std::int32_t> stream = std::nullopt;  // Not there: of no stream, or of one that has ended.
  std::int32_t connection = 0;
};

struct Frame {
  const char* name = nullptr;  // "DATA"; static.
  std::int32_t stream = 0;     // 0: it is about the connection.
  bool out = false;            // From us.
  bool last = false;           // It has END_STREAM.
  std::size_t length = 0;      // Octets of payload.
  Windows to_client;           // After it.
  Windows to_server;

  // "DATA, stream 5, 16384 octets, the last; windows out: stream 49151, connection 1032192; in: ..."
  [[nodiscard]] std::string text() const;
};

struct Stream {
  struct Traffic {
    std::uint64_t frames = 0;
    std::uint64_t octets = 0;  // Of DATA.
  };

  std::int32_t id = 0;
  std::string asked;               // "GET /index.html", at most kLongestDetail octets; empty: not known.
  std::optional<TimePoint> begun;  // std::nullopt: before the recording.
  std::optional<TimePoint> ended;  // std::nullopt: after the recording.
  Traffic in;
  Traffic out;
};

class Streams {
 public:
  // One is open already. REQUIRES: nothing has begun yet.
  void was_open(std::int32_t id) noexcept { add(id, std::nullopt, kMaxStreams - 1); }
  void begin(std::int32_t id, TimePoint at) noexcept;
  void asks(std::int32_t id, std::string_view method, std::string_view target) noexcept;
  void end(std::int32_t id, TimePoint at) noexcept;
  void becomes_tunnel(std::int32_t id) noexcept { over_ |= id == followed_; }  // Its answer has no end.
  void count(const Frame& frame) noexcept;

  // 0: none has begun yet.
  [[nodiscard]] std::int32_t followed() const { return followed_; }
  [[nodiscard]] bool over() const { return over_; }  // The one that is followed has ended.
  [[nodiscard]] const std::vector<Stream>& all() const { return streams_; }  // By their numbers.
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  void add(std::int32_t id, std::optional<TimePoint> begun, std::size_t max) noexcept;
  [[nodiscard]] Stream* find(std::int32_t id);

  std::vector<Stream> streams_;
  std::size_t left_out_ = 0;
  std::int32_t followed_ = 0;
  bool over_ = false;
};

}  // namespace pollux::trace
