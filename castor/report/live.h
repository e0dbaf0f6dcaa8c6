// Shows the progress of a run. On a terminal, lines change in place (progress, speed, the rate as a
// sparkline, errors by kind); elsewhere it prints a line every two seconds; with --quiet nothing.
//
// Thread: the main one.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "castor/accounting.h"
#include "castor/plan.h"

namespace pollux::castor {

class LiveView {
 public:
  LiveView(const Plan& plan, std::string label);

  // Does nothing until its interval has passed.
  void show(const Progress& progress, TimePoint now);
  void end();

 private:
  [[nodiscard]] std::string line_of(const Progress& progress, double elapsed, double rate) const;
  [[nodiscard]] std::string errors() const;
  void draw(std::vector<std::string> lines);

  const Plan& plan_;
  const Options& options_;
  const std::string label_;
  const bool terminal_;
  const milliseconds interval_;
  TimePoint last_;
  std::uint64_t last_requests_ = 0;
  std::deque<double> rates_;  // The latest.
  std::size_t drawn_ = 0;     // Lines on the terminal.
};

}  // namespace pollux::castor
