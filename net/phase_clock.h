// The phase a connection is in, and its deadline.
//
// A field of the connection: the thread that holds the connection may set it without touching the loop's
// timers.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "net/phase.h"

namespace pollux::net {

class PhaseClock {
 public:
  // Begins in kHandshake, without a deadline.
  PhaseClock() { metrics::change(gauge_of(phase_), +1); }
  PhaseClock(const PhaseClock&) = delete;
  PhaseClock& operator=(const PhaseClock&) = delete;
  ~PhaseClock() { metrics::change(gauge_of(phase_), -1); }

  // The deadline begins anew when the phase changes, or with `restart`.
  void enter(Phase phase, bool restart, TimePoint now, const Timeouts& timeouts) {
    if (phase == phase_ && !restart) return;
    if (phase != phase_) {
      metrics::change(gauge_of(phase_), -1);
      metrics::change(gauge_of(phase), +1);
    }
    phase_ = phase;
    deadline_ = now + timeouts.of(phase);
  }

  // Applies new timeouts to the phase that has begun already.
  void change(const Timeouts& before, const Timeouts& now) { deadline_ = since(before) + now.of(phase_); }

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] PhaseRule rule() const { return rule_of(phase_); }
  [[nodiscard]] TimePoint deadline() const { return deadline_; }
  [[nodiscard]] TimePoint since(const Timeouts& timeouts) const { return deadline_ - timeouts.of(phase_); }

 private:
  // The gauge that counts connections in this phase.
  static constexpr metrics::Gauge gauge_of(Phase phase) { return static_cast<metrics::Gauge>(phase); }
  static_assert(static_cast<int>(metrics::Gauge::kHandshaking) == static_cast<int>(Phase::kHandshake));
  static_assert(static_cast<int>(metrics::Gauge::kNoStreams) == static_cast<int>(Phase::kNoStreams));

  TimePoint deadline_;
  Phase phase_ = Phase::kHandshake;
};

}  // namespace pollux::net
