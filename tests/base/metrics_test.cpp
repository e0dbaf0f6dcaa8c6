#include "base/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace pollux::metrics {
namespace {

TEST(Metrics, WhatThreadsCountIsAddedUpAndStays) {
  const Metrics before = read_metrics();
  constexpr int kThreads = 4;
  constexpr int kEach = 10'000;
  std::atomic<bool> over{false};
  std::thread reader([&] {  // Never less than before, while they count.
    std::uint64_t last = 0;
    while (!over) {
      const std::uint64_t now = read_metrics()[Counter::kRequests];
      EXPECT_GE(now, last);
      last = now;
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < kEach; ++n) count(Counter::kRequests);
      count(Counter::kOctetsOut, 500);
    });
  }
  for (std::thread& thread : threads) thread.join();
  over = true;
  reader.join();
  const Metrics after = read_metrics();
  EXPECT_EQ(after[Counter::kRequests] - before[Counter::kRequests], std::uint64_t{kThreads * kEach});
  EXPECT_EQ(after[Counter::kOctetsOut] - before[Counter::kOctetsOut], std::uint64_t{kThreads * 500});
}

TEST(Metrics, TimesFallIntoTheirBuckets) {
  using std::chrono::nanoseconds;
  struct Case {
    nanoseconds time;
    std::size_t bucket;
  };
  const Case cases[] = {{nanoseconds(-5), 0},     {nanoseconds(0), 0},         {nanoseconds(1'000), 0},
                        {nanoseconds(1'001), 1},  {nanoseconds(2'000), 1},     {nanoseconds(3'000), 2},
                        {std::chrono::milliseconds(1), 9}, {std::chrono::seconds(5), 20}, {std::chrono::hours(1), 21}};
  for (const Case& row : cases) {
    const Metrics before = read_metrics();
    observe(Histogram::kHandle, row.time);
    const Metrics after = read_metrics();
    EXPECT_EQ(after[Histogram::kHandle].buckets[row.bucket], before[Histogram::kHandle].buckets[row.bucket] + 1)
        << row.time.count();
    EXPECT_EQ(after[Histogram::kHandle].count(), before[Histogram::kHandle].count() + 1);
  }
}

}  // namespace
}  // namespace pollux::metrics
