// The end of a connection in two steps, so that no request is lost (RFC 9113 6.8). First "no more requests,
// please" is announced; requests that were under way are still answered. When the client has heard it (it
// answers a PING), or has had a second for that, it is told which of its requests were served, and the
// connection ends with the last of them.
//
// Thread: whichever holds the connection.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "http2/frames.h"

namespace pollux::http2 {

class Ending {
 public:
  static constexpr std::chrono::seconds kPatience{1};  // For the client to hear the announcement.

  // Must outlive this.
  explicit Ending(Frames& frames) : frames_(frames) {}

  // Nothing if it has begun before.
  void begin(TimePoint now) {
    if (state_ != State::kNo) return;
    state_ = State::kAnnounced;
    announced_ = now;
    frames_.announce_end();
  }

  // The client has heard the announcement.
  void heard() {
    if (state_ != State::kAnnounced) return;
    state_ = State::kSaid;
    frames_.end();
  }

  // REQUIRES: called about once a second while it has begun.
  void look(TimePoint now) {
    if (state_ == State::kAnnounced && now - announced_ >= kPatience) heard();
  }

  // The client has broken the connection's rules: it ends as soon as it has been told.
  void break_off() { state_ = State::kBroken; }

  [[nodiscard]] bool has_begun() const { return state_ != State::kNo; }

  // Nothing more is to be said by either side.
  [[nodiscard]] bool is_over() const {
    return state_ == State::kBroken || (state_ != State::kAnnounced && frames_.over());
  }

 private:
  enum class State : std::uint8_t { kNo, kAnnounced, kSaid, kBroken };

  Frames& frames_;
  State state_ = State::kNo;
  TimePoint announced_;
};

}  // namespace pollux::http2
