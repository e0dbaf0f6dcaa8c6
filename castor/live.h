// Shows how a run goes: on a terminal a line that changes, elsewhere a line every two seconds.
//
// Thread: the main one.
#pragma once

#include "castor/accounting.h"
#include "castor/plan.h"

namespace pollux::castor {

class LiveLine {
 public:
  explicit LiveLine(const Plan& plan);

  // Does nothing until its interval has passed since the last time.
  void show(const Progress& progress, TimePoint now);
  void end();

 private:
  [[nodiscard]] std::string bar(double part) const;

  const Plan& plan_;
  const Options& options_;
  const bool terminal_;
  const milliseconds interval_;
  TimePoint last_;
  std::uint64_t last_requests_ = 0;
  bool shown_ = false;
};

}  // namespace pollux::castor
