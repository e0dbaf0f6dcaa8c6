// The minimum rate of a body: a deadline for all of it, beside the deadline for progress.
//
// A deadline for progress alone lets a client drip: an octet every few seconds keeps a connection, and all
// octets received so far, for days. So a body must also arrive at a minimum rate, on average and after a
// grace period. Apache's mod_reqtimeout (body=20,MinRate=500) and Kestrel (MinRequestBodyDataRate, 240
// octets/s) demand the same. A rate fits bodies of all sizes. A fixed time does not: one that is ample for 1
// MiB cuts off an honest upload of 1 GiB.
//
// Times when the server itself does not read (base/memory_budget.h) need no allowance: the client's octets
// wait in the sockets meanwhile, and count as soon as the server reads again.
//
// Thread: none of its own; its owner tells it the time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace pollux::http {

class BodyPace {
 public:
  struct Limits {
    milliseconds grace = std::chrono::seconds(30);
    std::uint64_t octets_per_second = 512;  // 0: no minimum.
  };

  BodyPace(const Limits& limits, TimePoint begun) : limits_(limits), begun_(begun) {}

  // The time at which the client is too slow if only `received` octets of the body have come by then.
  // TimePoint::max(): never.
  [[nodiscard]] TimePoint deadline(std::uint64_t received) const {
    if (limits_.octets_per_second == 0) return TimePoint::max();
    constexpr std::uint64_t kYear = 365ULL * 24 * 3600;  // In nanoseconds, more might not fit.
    const std::uint64_t rate = limits_.octets_per_second;
    const std::uint64_t seconds = std::min(received / rate, kYear);
    const std::uint64_t rest = received % rate * 1000 / rate;
    return begun_ + limits_.grace + std::chrono::seconds(seconds) + milliseconds(rest);
  }

  [[nodiscard]] bool too_slow(std::uint64_t received, TimePoint now) const {
    return now >= deadline(received);
  }

 private:
  Limits limits_;
  TimePoint begun_;
};

}  // namespace pollux::http
