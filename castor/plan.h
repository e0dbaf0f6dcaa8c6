// The orders for the threads of a run: the target, the time, and the part of each.
//
// Constant while the run lasts. Thread: any.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"
#include "castor/options/options.h"
#include "castor/series.h"
#include "castor/target.h"

namespace pollux::castor {

using Nanoseconds = std::chrono::nanoseconds;

struct Timetable {
  TimePoint start;
  TimePoint measure;                 // The end of the warm-up.
  TimePoint end = TimePoint::max();  // By default only the number of requests ends the run.
};

// One thread's share of the total.
struct Share {
  std::size_t index = 0;
  std::size_t threads = 1;

  // 10 divided among three threads: 4, 3 and 3.
  [[nodiscard]] std::size_t of(std::size_t all) const {
    return all / threads + (index < all % threads ? 1 : 0);
  }
};

struct Plan {
  const Options& options;
  const Targets& targets;
  Series& series;
  Timetable times;
  std::size_t threads = 1;
};

}  // namespace pollux::castor
