// The shares of a period that the calling thread spends on a processor, and waiting for one.
//
// Thread: the one it measures.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace pollux::castor {

class ProcessorTime {
 public:
  void begin(TimePoint now);
  void end(TimePoint now);  // Does nothing without begin().

  [[nodiscard]] bool begun() const { return since_ != TimePoint{}; }

  // Fractions of the time between begin() and end().
  [[nodiscard]] double busy() const { return busy_; }
  [[nodiscard]] double waited() const { return waited_; }

 private:
  struct Used {
    std::uint64_t ran = 0;     // Nanoseconds.
    std::uint64_t waited = 0;  // Nanoseconds.

    [[nodiscard]] static Used by_this_thread();
  };

  TimePoint since_;
  Used used_;
  double busy_ = 0;
  double waited_ = 0;
};

}  // namespace pollux::castor
