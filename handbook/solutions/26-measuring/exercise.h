// A load generator with one connection, on a clock of its own.
//
// The open loop: requests are due on a schedule that knows nothing of the server, and each latency counts
// from when its request was due.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

struct Answer {
  long at = 0;  // When the last octet has come.
  int status = 200;
  long announced = 0;  // Octets of content, by Content-Length.
  long received = 0;
};

struct Report {
  long requests = 0;
  long succeeded = 0;
  long p99 = 0;
  long highest = 0;  // Latency.
};

// All times are in milliseconds. `ask(now)` sends a request at that time, and returns what comes of it.
// REQUIRES: interval > 0, duration > 0.
inline Report measure(const std::function<Answer(long now)>& ask, long interval, long duration) {
  Report report;
  std::vector<long> latencies;
  long free = 0;  // When the connection has its last answer.
  for (long due = 0; due < duration; due += interval) {
    const Answer answer = ask(std::max(due, free));
    free = answer.at;
    latencies.push_back(answer.at - due);
    if (answer.status < 400 && answer.received == answer.announced) ++report.succeeded;
  }
  std::sort(latencies.begin(), latencies.end());
  report.requests = static_cast<long>(latencies.size());
  report.p99 = latencies[static_cast<std::size_t>((report.requests * 99 + 99) / 100 - 1)];
  report.highest = latencies.back();
  return report;
}
