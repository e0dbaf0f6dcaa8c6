#include "base/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
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
      const std::uint64_t now = read_metrics()[Counter::kGet];
      EXPECT_GE(now, last);
      last = now;
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < kEach; ++n) count(Counter::kGet);
      count(Counter::kOctetsOut, 500);
    });
  }
  for (std::thread& thread : threads) thread.join();
  over = true;
  reader.join();
  const Metrics after = read_metrics();
  EXPECT_EQ(after[Counter::kGet] - before[Counter::kGet], std::uint64_t{kThreads * kEach});
  EXPECT_EQ(after[Counter::kOctetsOut] - before[Counter::kOctetsOut], std::uint64_t{kThreads * 500});
}

TEST(Metrics, TimesFallIntoTheirBuckets) {
  using std::chrono::nanoseconds;
  struct Case {
    nanoseconds time;
    std::size_t bucket;
  };
  const Case cases[] = {{nanoseconds(-5), 0},
                        {nanoseconds(0), 0},
                        {nanoseconds(1'000), 0},
                        {nanoseconds(1'001), 1},
                        {nanoseconds(2'000), 1},
                        {nanoseconds(3'000), 2},
                        {std::chrono::milliseconds(1), 9},
                        {std::chrono::seconds(5), 20},
                        {std::chrono::hours(1), 21}};
  for (const Case& row : cases) {
    const Metrics before = read_metrics();
    observe(Histogram::kHandle, row.time);
    const Metrics after = read_metrics();
    EXPECT_EQ(after[Histogram::kHandle].buckets[row.bucket],
              before[Histogram::kHandle].buckets[row.bucket] + 1)
        << row.time.count();
    EXPECT_EQ(after[Histogram::kHandle].count(), before[Histogram::kHandle].count() + 1);
  }
}

TEST(Metrics, EveryBoundEndsItsBucket) {
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    EXPECT_EQ(bucket_of(kBounds[i] - 1), i);
    EXPECT_EQ(bucket_of(kBounds[i]), i);
    EXPECT_EQ(bucket_of(kBounds[i] + 1), i + 1);
  }
  EXPECT_EQ(bucket_of(0), 0U);
  EXPECT_EQ(bucket_of(~std::uint64_t{0}), kBounds.size());
}

TEST(Metrics, WhatOneThreadAddsAnotherMayTakeAway) {
  const std::int64_t before = read_metrics()[Gauge::kSending];
  std::thread([] { change(Gauge::kSending, +3); }).join();
  EXPECT_EQ(read_metrics()[Gauge::kSending], before + 3);
  change(Gauge::kSending, -3);
  EXPECT_EQ(read_metrics()[Gauge::kSending], before);
}

TEST(Metrics, QuantilesLieWithinTheirBuckets) {
  Distribution times;
  EXPECT_EQ(times.quantile(0.5).count(), 0);
  times.buckets[3] = 90;  // 5 to 10 us.
  times.buckets[9] = 10;  // 0.5 to 1 ms.
  EXPECT_EQ(times.quantile(0.0).count(), 5'000);
  EXPECT_EQ(times.quantile(0.45).count(), 7'500);
  EXPECT_EQ(times.quantile(0.9).count(), 10'000);
  EXPECT_EQ(times.quantile(0.95).count(), 750'000);
  EXPECT_EQ(times.quantile(1.0).count(), 1'000'000);
  Distribution slow;
  slow.buckets.back() = 1;  // More than 5 s: that is all that is known.
  EXPECT_EQ(slow.quantile(0.99).count(), 5'000'000'000);
}

TEST(Metrics, AnActivityIsThereAsLongAsItsThread) {
  const auto threads_at = [](Activity activity) {
    const auto threads = read_activities();
    return std::count_if(threads.begin(), threads.end(),
                         [&](const ThreadActivity& thread) { return thread.activity == activity; });
  };
  EXPECT_EQ(threads_at(Activity::kWriting), 0);
  std::atomic<bool> over{false};
  std::atomic<bool> begun{false};
  std::thread thread([&] {
    doing(Activity::kWriting);
    begun = true;
    while (!over) std::this_thread::yield();
  });
  while (!begun) std::this_thread::yield();
  EXPECT_EQ(threads_at(Activity::kWriting), 1);
  over = true;
  thread.join();
  EXPECT_EQ(threads_at(Activity::kWriting), 0);
}

}  // namespace
}  // namespace pollux::metrics
