#include "threadpool/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace pollux {
namespace {

struct Counter {
  std::atomic<int> runs{0};
  void run() { ++runs; }
};

struct Gate {
  std::latch entered{1};
  std::latch opened{1};
  void run() {
    entered.count_down();
    opened.wait();
  }
};

TEST(ThreadPool, RunsEveryTaskOnceBeforeItIsDestroyed) {
  for (const std::size_t workers : {1U, 2U, 8U}) {
    std::vector<Counter> counters(1000);
    {
      ThreadPool pool("test", workers, counters.size());
      for (std::size_t i = 0; i < counters.size(); i += 50) {
        std::vector<Task> batch;
        for (std::size_t k = i; k < i + 50; ++k) batch.push_back(Task::of<&Counter::run>(counters[k]));
        ASSERT_EQ(pool.submit(batch), batch.size());
      }
    }
    for (const Counter& counter : counters) EXPECT_EQ(counter.runs, 1);
  }
}

TEST(ThreadPool, TakesOnlyWhatFitsIntoTheQueue) {
  Gate gate;
  Counter counter;
  {
    ThreadPool pool("test", 1, 3);
    const Task blocking = Task::of<&Gate::run>(gate);
    ASSERT_EQ(pool.submit({&blocking, 1}), 1U);
    gate.entered.wait();  // The only worker is busy, the queue is empty again.
    const std::vector<Task> tasks(5, Task::of<&Counter::run>(counter));
    EXPECT_EQ(pool.submit(tasks), 3U);
    EXPECT_EQ(pool.submit(tasks), 0U);
    gate.opened.count_down();
  }
  EXPECT_EQ(counter.runs, 3);
}

TEST(ThreadPool, SpreadsABatchOverItsWorkers) {
  // Each task waits for all others: with fewer than four threads at work this would never end.
  constexpr std::ptrdiff_t kWorkers = 4;
  struct Meeting {
    std::latch all{kWorkers};
    void run() { all.arrive_and_wait(); }
  } meeting;
  ThreadPool pool("test", kWorkers, 100);
  const std::vector<Task> tasks(kWorkers, Task::of<&Meeting::run>(meeting));
  ASSERT_EQ(pool.submit(tasks), tasks.size());
}

TEST(ThreadPool, ManyThreadsMaySubmit) {
  Counter counter;
  std::atomic<int> accepted{0};
  {
    ThreadPool pool("test", 2, 64);
    std::vector<std::thread> submitters;
    for (int i = 0; i < 4; ++i) {
      submitters.emplace_back([&] {
        const std::vector<Task> batch(7, Task::of<&Counter::run>(counter));
        for (int k = 0; k < 1000; ++k) accepted += static_cast<int>(pool.submit(batch));
      });
    }
    for (auto& thread : submitters) thread.join();
  }
  EXPECT_EQ(counter.runs, accepted);
}

}  // namespace
}  // namespace pollux
