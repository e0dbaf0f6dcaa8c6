#include "net/send_meter.h"

#include <utility>

#include "base/metrics.h"

namespace pollux::net {

void SendMeter::answered(TimePoint ready) {
  ready_ = ready;
  unhandled_ = unsent_ = true;
}

void SendMeter::flushed(const Wire::Flushed& flushed, TimePoint served, TimePoint before, TimePoint after) {
  if (std::exchange(unhandled_, false)) metrics::observe(metrics::Histogram::kHandle, before - served);
  if (!std::exchange(writing_, true)) began_ = before;
  const bool known = flushed.progress || !flushed.under_way;
  if (!known) return;
  metrics::observe(metrics::Histogram::kWrite, after - began_);
  if (std::exchange(unsent_, false)) metrics::observe(metrics::Histogram::kServe, after - ready_);
  writing_ = flushed.under_way;
  began_ = before;
}

}  // namespace pollux::net
