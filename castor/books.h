// The place where requests are settled: the schedule learns that one has ended, and the accounting how it
// ended.
//
// Thread: none of its own.
#pragma once

#include "castor/accounting.h"
#include "castor/schedule.h"

namespace pollux::castor {

struct Books {
  const Options& options;
  Schedule& schedule;
  Accounting& accounting;

  // Exactly one of them for each request. `octets`: of content, as far as it came.
  void finished(const PendingRequest& request, int status, std::uint64_t octets, TimePoint now) const {
    schedule.settled();
    accounting.finished(request, status, octets, now);
  }
  void failed(const PendingRequest& request, client::Stage stage, client::ErrorKind kind,
              std::uint64_t octets, TimePoint now) const {
    schedule.settled();
    accounting.failed(request, stage, kind, octets, now);
  }

  [[nodiscard]] bool is_late(const PendingRequest& request, TimePoint now) const {
    return now - request.begun > options.timeout;
  }
};

}  // namespace pollux::castor
