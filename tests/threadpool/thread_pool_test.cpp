#include "threadpool/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <span>
#include <string>
#include <vector>

#include "tests/fake_clock.h"

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

std::vector<Task> tasks_of(std::vector<Gate>& gates) {
  std::vector<Task> tasks;
  for (Gate& gate : gates) tasks.push_back(Task::of<&Gate::run>(gate));
  return tasks;
}

// A thread that is busy until the test lets it go.
void occupy(ThreadPool& pool, Gate& gate) {
  const Task task = Task::of<&Gate::run>(gate);
  ASSERT_EQ(pool.submit({&task, 1}), 1U);
  gate.entered.wait();
}

TEST(ThreadPool, RunsEveryTaskOnceBeforeItIsDestroyed) {
  for (const std::size_t workers : {1U, 2U, 8U}) {
    for (const std::size_t share : {1U, 2U, 100U}) {
      std::vector<Counter> counters(1000);
      {
        ThreadPool pool("test", workers, {{.capacity = 500}, {.capacity = 500, .share = share}});
        for (std::size_t i = 0; i < counters.size(); i += 50) {
          std::vector<Task> batch;
          for (std::size_t k = i; k < i + 50; ++k) batch.push_back(Task::of<&Counter::run>(counters[k]));
          ASSERT_EQ(pool.submit(batch, i / 50 % 2), batch.size());
        }
      }
      for (const Counter& counter : counters) EXPECT_EQ(counter.runs, 1);
    }
  }
}

TEST(ThreadPool, TakesOnlyWhatFitsIntoTheQueueOfTheClass) {
  Gate gate;
  Counter counter;
  {
    ThreadPool pool("test", 1, {{.capacity = 3}, {.capacity = 2}});
    occupy(pool, gate);  // The only worker is busy, the queues are empty again.
    const std::vector<Task> tasks(5, Task::of<&Counter::run>(counter));
    EXPECT_EQ(pool.submit(tasks, 0), 3U);
    EXPECT_EQ(pool.submit(tasks, 0), 0U);
    EXPECT_EQ(pool.submit(tasks, 1), 2U);
    EXPECT_EQ(pool.submit(tasks, 1), 0U);
    gate.opened.count_down();
  }
  EXPECT_EQ(counter.runs, 5);
}

TEST(ThreadPool, SpreadsABatchOverItsWorkers) {
  // Each task waits for all others: with fewer than four threads at work this would never end.
  constexpr std::ptrdiff_t kWorkers = 4;
  struct Meeting {
    std::latch all{kWorkers};
    void run() { all.arrive_and_wait(); }
  } meeting;
  ThreadPool pool("test", kWorkers, {{.capacity = 100}});
  const std::vector<Task> tasks(kWorkers, Task::of<&Meeting::run>(meeting));
  ASSERT_EQ(pool.submit(tasks), tasks.size());
}

TEST(ThreadPool, ManyThreadsMaySubmit) {
  Counter counter;
  std::atomic<int> accepted{0};
  {
    ThreadPool pool("test", 2, {{.capacity = 64}, {.capacity = 64, .share = 1, .max_taken = 1}});
    std::vector<std::thread> submitters;
    for (std::size_t i = 0; i < 4; ++i) {
      submitters.emplace_back([&, i] {
        const std::vector<Task> batch(7, Task::of<&Counter::run>(counter));
        for (int k = 0; k < 1000; ++k) accepted += static_cast<int>(pool.submit(batch, i % 2));
      });
    }
    for (auto& thread : submitters) thread.join();
  }
  EXPECT_EQ(counter.runs, accepted);
}

// --- Classes -------------------------------------------------------------------------------------

// What one thread does, in which order: it has a task of the first class to finish while these are queued.
TEST(ThreadPool, ClassesTakeTurns) {
  struct Case {
    std::size_t requests;
    std::size_t handshakes;
    const char* order;
  };
  for (const Case& one : {
           Case{.requests = 3, .handshakes = 0, .order = "rrr"},
           Case{.requests = 0, .handshakes = 3, .order = "hhh"},
           Case{.requests = 3, .handshakes = 1, .order = "hrrr"},
           Case{.requests = 20, .handshakes = 2, .order = "hrrrrrrrrhrrrrrrrrrrrr"},
           Case{.requests = 10, .handshakes = 4, .order = "hrrrrrrrrhrrhh"},
       }) {
    struct Writer {
      std::string& text;
      char letter;
      void run() { text += letter; }
    };
    std::string order;
    Writer request{order, 'r'};
    Writer handshake{order, 'h'};
    Gate gate;
    {
      ThreadPool pool("test", 1, {{.capacity = 100}, {.capacity = 100, .share = 1, .max_taken = 1}});
      occupy(pool, gate);
      const std::vector<Task> requests(one.requests, Task::of<&Writer::run>(request));
      const std::vector<Task> handshakes(one.handshakes, Task::of<&Writer::run>(handshake));
      ASSERT_EQ(pool.submit(requests, 0), one.requests);
      ASSERT_EQ(pool.submit(handshakes, 1), one.handshakes);
      gate.opened.count_down();
    }
    EXPECT_EQ(order, one.order);
  }
}

TEST(ThreadPool, AClassHasMoreThreadsThanItsShareOnlyWhileNoOtherWaits) {
  std::vector<Gate> handshakes(4);
  std::vector<Gate> requests(2);
  ThreadPool pool("test", 2, {{.capacity = 9}, {.capacity = 9, .share = 1, .max_taken = 1}});
  const auto handshake_tasks = tasks_of(handshakes);
  const auto request_tasks = tasks_of(requests);
  ASSERT_EQ(pool.submit(handshake_tasks, 1), handshake_tasks.size());
  handshakes[0].entered.wait();
  handshakes[1].entered.wait();  // There is nothing else to do.
  ASSERT_EQ(pool.submit({&request_tasks[0], 1}, 0), 1U);
  handshakes[0].opened.count_down();
  requests[0].entered.wait();  // Now there is.
  ASSERT_EQ(pool.submit({&request_tasks[1], 1}, 0), 1U);
  requests[0].opened.count_down();
  requests[1].entered.wait();
  EXPECT_FALSE(handshakes[2].entered.try_wait());
  requests[1].opened.count_down();
  handshakes[2].entered.wait();  // Nothing else again.
  for (std::size_t i = 1; i < handshakes.size(); ++i) handshakes[i].opened.count_down();
}

// --- A thread that works beside the workers ------------------------------------------------------

// All workers are busy while these are submitted, so nothing leaves the queue but the caller's share.
TEST(ThreadPool, TheCallersShareIsAWorkersPartOfTheOldestTasks) {
  struct Case {
    std::size_t workers;
    std::size_t queued;     // Before,
    std::size_t submitted;  // and now.
    std::size_t room;       // For the caller's share.
    ThreadPool::Share expected;
  };
  for (const Case& one : {
           Case{1, 0, 0, 8, {0, 0, 0}}, Case{1, 0, 1, 8, {1, 1, 0}}, Case{1, 0, 2, 8, {2, 1, 1}},
           Case{1, 0, 7, 8, {7, 4, 3}}, Case{3, 0, 7, 8, {7, 2, 5}}, Case{1, 6, 0, 8, {0, 3, 3}},
           Case{1, 6, 2, 8, {2, 4, 4}}, Case{1, 0, 20, 8, {20, 6, 14}},  // WorkClass::max_taken
           Case{1, 0, 20, 3, {20, 3, 17}}, Case{1, 0, 20, 0, {20, 0, 20}},
           Case{1, 19, 3, 8, {1, 6, 14}},  // WorkClass::capacity
       }) {
    std::string order;
    struct Writer {
      std::string& text;
      char letter;
      void run() { text += letter; }
    };
    Writer older{order, 'o'};
    Writer newer{order, 'n'};
    std::vector<Gate> gates(one.workers);
    ThreadPool pool("test", one.workers, {{.capacity = 20, .max_taken = 6}});
    for (Gate& gate : gates) occupy(pool, gate);
    const std::vector<Task> before(one.queued, Task::of<&Writer::run>(older));
    const std::vector<Task> now(one.submitted, Task::of<&Writer::run>(newer));
    ASSERT_EQ(pool.submit(before), one.queued);
    std::vector<Task> own(one.room);
    const ThreadPool::Share share = pool.submit_and_share(now, own);
    EXPECT_EQ(share.accepted, one.expected.accepted);
    EXPECT_EQ(share.own, one.expected.own);
    EXPECT_EQ(share.left, one.expected.left);
    for (const Task& task : std::span(own).first(share.own)) task.run(TimePoint());
    const std::size_t oldest = std::min(one.queued, share.own);
    EXPECT_EQ(order, std::string(oldest, 'o') + std::string(share.own - oldest, 'n'));
    for (Gate& gate : gates) gate.opened.count_down();
  }
}

TEST(ThreadPool, WorkersAreWokenForWhatIsNotTheCallers) {
  Gate gate;
  ThreadPool pool("test", 1, {{.capacity = 20}});
  const std::vector<Task> tasks(2, Task::of<&Gate::run>(gate));
  std::array<Task, 8> own;
  EXPECT_EQ(pool.submit_and_share(tasks, own).own, 1U);
  gate.entered.wait();
  gate.opened.count_down();
}

// Eight tasks wait while both threads are busy. The thread that gets free first must not take more than the
// one it is held up by.
TEST(ThreadPool, ASlowTaskHoldsNoOtherWhileAThreadIsFree) {
  Gate first;
  Gate second;
  Gate slow;
  std::vector<Gate> quick(7);
  ThreadPool pool("test", 2, {{.capacity = 100, .max_taken = 1}});
  occupy(pool, first);
  occupy(pool, second);
  std::vector<Task> tasks = tasks_of(quick);
  tasks.insert(tasks.begin(), Task::of<&Gate::run>(slow));
  ASSERT_EQ(pool.submit(tasks), tasks.size());
  first.opened.count_down();
  slow.entered.wait();
  second.opened.count_down();
  for (Gate& gate : quick) {
    gate.opened.count_down();
    gate.entered.wait();  // Would never end.
  }
  slow.opened.count_down();
}

// --- Deadlines -----------------------------------------------------------------------------------

std::atomic<int> milliseconds_now{0};
TimePoint read_test_clock() { return TimePoint(milliseconds(milliseconds_now)); }
const test::FunctionClock test_clock(read_test_clock);
TimePoint at(int ms) { return TimePoint(milliseconds(ms)); }

struct Waiting {
  std::string outcome;
  void serve() { outcome = "served"; }
  void refuse() { outcome = "refused"; }
};

TEST(ThreadPool, ATaskThatIsTakenTooLateIsToldSo) {
  struct Case {
    Task (*made)(Waiting&);
    const char* outcome;
  };
  const std::vector<Case> cases = {
      {[](Waiting& w) { return Task::of<&Waiting::serve, &Waiting::refuse>(w, at(99)); }, "refused"},
      {[](Waiting& w) { return Task::of<&Waiting::serve, &Waiting::refuse>(w, at(100)); }, "served"},
      {[](Waiting& w) { return Task::of<&Waiting::serve, &Waiting::refuse>(w, at(101)); }, "served"},
      {[](Waiting& w) { return Task::of<&Waiting::serve>(w); }, "served"},
  };
  std::vector<Waiting> waiting(cases.size());
  Gate gate;
  milliseconds_now = 0;
  {
    ThreadPool pool("test", 1, {{.capacity = 10}}, ThreadPool::kWorkerGauges, test_clock);
    occupy(pool, gate);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Task task = cases[i].made(waiting[i]);
      ASSERT_EQ(pool.submit({&task, 1}), 1U);
    }
    milliseconds_now = 100;
    gate.opened.count_down();
  }
  for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(waiting[i].outcome, cases[i].outcome) << i;
}

}  // namespace
}  // namespace pollux
