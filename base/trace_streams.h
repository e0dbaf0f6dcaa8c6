// The streams of one HTTP/2 connection while the tracer follows one of them: the lanes of the live view (RFC
// 9113 section 5).
//
// - The first stream that begins is followed. Streams that were open before it, or begin while it is open,
//   are its neighbours.
// - A frame of any stream is an ordinary note of the recording (trace.h); here the frames of each stream are
//   only counted.
//
// Bounded: kMaxStreams have a lane, the followed one always; the rest are counted.
//
// Nothing here throws: without memory, a stream has no lane.
//
// Thread: the one that holds the connection.
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
  std::optional<std::int32_t> stream = std::nullopt;  // std::nullopt: no stream, or one that has ended.
  std::int32_t connection = 0;
};

struct Frame {
  const char* name = nullptr;  // "DATA"; static.
  std::int32_t stream = 0;     // 0: the connection's.
  bool out = false;            // Sent by us.
  bool last = false;           // It has END_STREAM.
  std::size_t length = 0;      // Octets of payload.
  Windows to_client;           // After the frame.
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
  // The stream is open already. REQUIRES: no stream has begun yet.
  void was_open(std::int32_t id) noexcept { add(id, std::nullopt, kMaxStreams - 1); }
  void begin(std::int32_t id, TimePoint at) noexcept;
  void asks(std::int32_t id, std::string_view method, std::string_view target) noexcept;
  void end(std::int32_t id, TimePoint at) noexcept;
  void becomes_tunnel(std::int32_t id) noexcept { over_ |= id == followed_; }  // Its response has no end.
  void count(const Frame& frame) noexcept;

  // 0: no stream has begun yet.
  [[nodiscard]] std::int32_t followed() const { return followed_; }
  [[nodiscard]] bool over() const { return over_; }                          // The followed stream has ended.
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
