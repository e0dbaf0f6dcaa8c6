// The line that shows how a run goes: one that changes, on a terminal; a line every few seconds elsewhere.
//
// Thread: the main one.
#pragma once

#include "castor/worker.h"

namespace pollux::castor {

class LiveLine {
 public:
  LiveLine(const Options& options, const Plan& plan);

  [[nodiscard]] int interval() const { return interval_; }  // Milliseconds between two calls of show().
  void show(const Worker::Progress& progress, const Series& series, Nanoseconds now);
  void end();

 private:
  [[nodiscard]] std::string bar(double part) const;

  const Options& options_;
  const Plan& plan_;
  const bool terminal_;
  const int interval_;
  Nanoseconds last_ = 0;
  std::uint64_t last_requests_ = 0;
  bool shown_ = false;
};

}  // namespace pollux::castor
