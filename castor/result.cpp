#include "castor/result.h"

#include <algorithm>

namespace pollux::castor {

void Result::append(const Result& other) {
  tally.add(other.tally);
  per_second.insert(per_second.end(), other.per_second.begin(), other.per_second.end());
  seconds += other.seconds;
  threads = other.threads;
  busy = std::max(busy, other.busy);
  waited = std::max(waited, other.waited);
  interrupted = interrupted || other.interrupted;
  memory = std::max(memory, other.memory);
}

}  // namespace pollux::castor
