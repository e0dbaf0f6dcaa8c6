// What a write and an answer last, told from the calls of flush().
#include "net/send_meter.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/metrics.h"

namespace pollux::net {
namespace {

using metrics::Histogram;
using std::chrono::microseconds;
using Flush = Wire::Flush;

struct Call {
  int before;  // Microseconds since the event.
  int after;
  Wire::Flushed flushed;
};

struct SendCase {
  const char* name;
  std::vector<Call> calls;
  std::vector<int> writes;  // Microseconds each.
  int served;
};

const SendCase kSends[] = {
    {"a write at once", {{10, 13, {Flush::kDone, true, false}}}, {3}, 13},
    {"two, because the socket was full",
     {{10, 13, {Flush::kBlocked, true, false}}, {50, 55, {Flush::kDone, true, false}}},
     {3, 5},
     13},
    {"submitted, then done",
     {{10, 11, {Flush::kBlocked, false, true}}, {40, 42, {Flush::kDone, true, false}}},
     {32},
     42},
    {"asked in between",
     {{10, 11, {Flush::kBlocked, false, true}},
      {20, 21, {Flush::kBlocked, false, true}},
      {40, 42, {Flush::kDone, true, false}}},
     {32},
     42},
    {"submitted, and the rest with the completion",
     {{10, 11, {Flush::kBlocked, false, true}},
      {40, 42, {Flush::kBlocked, true, true}},
      {60, 61, {Flush::kDone, true, false}}},
     {32, 21},
     42},
    {"submitted, and the socket was full",
     {{10, 11, {Flush::kBlocked, false, true}},
      {20, 21, {Flush::kBlocked, false, false}},
      {50, 51, {Flush::kBlocked, false, true}},
      {60, 61, {Flush::kDone, true, false}}},
     {11, 11},
     21},
    {"broken", {{10, 11, {Flush::kBroken, false, false}}}, {1}, 11},
};

TEST(SendMeter, EachWriteAndEachAnswerIsOneObservation) {
  for (const SendCase& c : kSends) {
    const TimePoint ready;
    const metrics::Metrics before = metrics::read_metrics();
    SendMeter meter;
    meter.answered(ready);
    for (const Call& call : c.calls)
      meter.flushed(call.flushed, ready + microseconds(2), ready + microseconds(call.before),
                    ready + microseconds(call.after));
    const metrics::Metrics after = metrics::read_metrics();
    const auto seen = [&](Histogram which) {
      metrics::Distribution all = after[which];
      return all -= before[which];
    };
    int sum = 0;
    for (const int write : c.writes) sum += write;
    EXPECT_EQ(seen(Histogram::kWrite).count(), c.writes.size()) << c.name;
    EXPECT_EQ(seen(Histogram::kWrite).sum, static_cast<std::uint64_t>(sum) * 1000) << c.name;
    EXPECT_EQ(seen(Histogram::kHandle).sum, static_cast<std::uint64_t>(c.calls.front().before - 2) * 1000)
        << c.name;
    EXPECT_EQ(seen(Histogram::kServe).count(), 1U) << c.name;
    EXPECT_EQ(seen(Histogram::kServe).sum, static_cast<std::uint64_t>(c.served) * 1000) << c.name;
  }
}

}  // namespace
}  // namespace pollux::net
