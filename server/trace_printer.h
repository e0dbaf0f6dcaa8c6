// Prints the way of each request on standard error, for people who learn at a terminal: [status] trace.
//
// Thread: one.
#pragma once

#include <memory>

#include "status/live_feed.h"
#include "status/snapshot.h"

namespace pollux::server {

class TracePrinter {
 public:
  // Both must outlive the printer. `feed` chooses what the tracer follows; while it chooses nothing, all
  // requests are followed.
  TracePrinter(const status::Sources& sources, status::LiveFeed& feed) : sources_(sources), feed_(feed) {}

  void set(bool on);

 private:
  const status::Sources& sources_;
  status::LiveFeed& feed_;
  std::shared_ptr<void> printing_;  // nullptr: it is off.
};

}  // namespace pollux::server
