// A load generator with one connection, on a clock of its own.
//
// This version lies in three ways. It sends the next request when the last one has been answered, so while
// the server stands still it asks for nothing and nothing is slow. It calls everything a success that came
// back. And its p99 is a mean. Mend measure():
//   - a request is due every `interval`, the first at 0, the last before `duration`, whatever the server
//     does. The connection sends them in that order, each when it is due, or, if it is late, as soon as the
//     answer to the one before has come. None is left out;
//   - the latency of a request counts from when it was due;
//   - a request has succeeded if its status is below 400 and all of the content has come. Latencies are of
//     all requests, of failed ones, too;
//   - p99 is the smallest latency that at least 99 % of the requests do not exceed.
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
  long sum = 0;
  for (long now = 0; now < duration;) {
    const Answer answer = ask(now);
    const long latency = answer.at - now;
    ++report.requests;
    ++report.succeeded;
    sum += latency;
    report.highest = std::max(report.highest, latency);
    now = std::max(answer.at, now + interval);
  }
  report.p99 = sum / report.requests;
  return report;
}
