#include "castor/processor_time.h"

#include <algorithm>
#include <ctime>
#include <fstream>

namespace pollux::castor {

// The clock of the thread is exact; its waiting time is only in schedstat ("ran waited slices").
ProcessorTime::Used ProcessorTime::Used::by_this_thread() {
  Used used;
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  used.ran = static_cast<std::uint64_t>(nanoseconds(time));
  std::ifstream file("/proc/thread-self/schedstat");
  std::uint64_t ran = 0;
  file >> ran >> used.waited;
  return used;
}

void ProcessorTime::begin(TimePoint now) {
  since_ = now;
  used_ = Used::by_this_thread();
}

void ProcessorTime::end(TimePoint now) {
  if (!begun()) return;
  const auto wall = static_cast<double>(std::max<std::int64_t>((now - since_).count(), 1));
  const Used used = Used::by_this_thread();
  busy_ = static_cast<double>(used.ran - used_.ran) / wall;
  waited_ = static_cast<double>(used.waited - used_.waited) / wall;
}

}  // namespace pollux::castor
