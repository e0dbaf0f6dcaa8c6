// Settles requests: tells the schedule that a request has ended, and the accounting how it ended.
//
// Thread: that of its worker.
#pragma once

#include "castor/accounting.h"
#include "castor/schedule.h"

namespace pollux::castor {

struct Books {
  const Options& options;
  Schedule& schedule;
  Accounting& accounting;

  // Call exactly one of these for each request. `octets`: of content, as far as it arrived.
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
