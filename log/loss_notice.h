// Reports that lines of a log are being lost, once a minute at most: on standard error, since the log itself
// cannot.
//
//   pollux: [warn] cannot write to access.log: No space left on device; 1 line lost
//   pollux: [warn] cannot write to access.log: No space left on device; 4711 lines lost
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "log/sink.h"

namespace pollux::log {

// Writes a line to standard error, unless that would block.
void complain_on_stderr(std::string_view message) noexcept;

class LossNotice {
 public:
  // `name`: the log's, for people. `complain`: must not throw, nor write to that log; empty: no report.
  LossNotice(std::string name, Report complain) : name_(std::move(name)), complain_(std::move(complain)) {}

  // `error`: errno. Returns whether it was reported. Does not throw.
  bool lost(std::uint64_t lines, int error, WallTime now) noexcept;

 private:
  const std::string name_;
  const Report complain_;
  std::uint64_t lines_ = 0;  // In total.
  WallTime silent_until_ = WallTime::min();
};

}  // namespace pollux::log
