// What a notification and a semaphore remember; what batches save; what slow tasks do to the others; what a
// bound does. The last two by the pool of Pollux itself.
#include "lab.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "pools.h"
#include "threadpool/thread_pool.h"

namespace {

using pollux::Task;
using pollux::ThreadPool;

// Between two looks at what shall come. (A thread that only yields gets its turn late on a busy machine.)
void give_way() { std::this_thread::sleep_for(std::chrono::microseconds(20)); }

// --- Notifications ---------------------------------------------------------------------------------------

struct Remembered {
  bool by_condition = false;  // A notification that came before the wait.
  bool by_predicate = false;  // The same, with a state that the waiter looks at.
  bool by_semaphore = false;
};

Remembered remembered() {
  constexpr std::chrono::milliseconds kWait{20};
  std::mutex mutex;
  std::condition_variable condition;
  bool there = false;
  std::counting_semaphore<> semaphore{0};
  Remembered result;

  condition.notify_one();
  std::unique_lock lock(mutex);
  result.by_condition = condition.wait_for(lock, kWait) == std::cv_status::no_timeout;

  there = true;
  condition.notify_one();
  result.by_predicate = condition.wait_for(lock, kWait, [&] { return there; });

  semaphore.release();
  result.by_semaphore = semaphore.try_acquire();
  return result;
}

// --- Batches -----------------------------------------------------------------------------------------------

constexpr int kBatches = 32;
constexpr int kBatch = 32;
constexpr int kWorkers = 4;

// As many batches as so many turns of a loop would submit, each when the one before has been run.
template <class Pool>
void run_batches(Counts& counts) {
  std::atomic<int> done{0};
  const std::vector<Job> batch(kBatch, [&done] { ++done; });
  Pool pool(kWorkers, counts);
  for (int i = 1; i <= kBatches; ++i) {
    pool.submit(batch);
    while (done.load() < i * kBatch) give_way();
  }
}

// --- The pool of Pollux
// --------------------------------------------------------------------------------------

// Holds whoever comes until it is opened. That is the slow request.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for_held(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int held_ = 0;
  bool open_ = false;
};

struct Counter {
  void count() { ++done; }
  std::atomic<int> done{0};
};

struct Sight {
  std::size_t workers = 0;
  bool all_sleep = true;
  long switches = 0;
  bool operator==(const Sight&) const = default;
};

// The pool's threads, as the kernel sees them.
Sight workers_seen() {
  Sight sight;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "status");
    bool worker = false;
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("Name:\tworker-", 0) == 0) {
        worker = true;
        ++sight.workers;
      }
      if (!worker) break;
      if (line.rfind("State:", 0) == 0) sight.all_sleep &= line.find("(sleeping)") != std::string::npos;
      const auto colon = line.find("ctxt_switches:");
      if (colon != std::string::npos) sight.switches += std::stol(line.substr(colon + 14));
    }
  }
  return sight;
}

// Until so many have begun and all of them sleep, each for want of work or at the gate.
Sight settled(std::size_t workers) {
  Sight last;
  for (int alike = 0; alike < 3;) {
    give_way();
    const Sight sight = workers_seen();
    alike = sight.workers == workers && sight.all_sleep && sight == last ? alike + 1 : 0;
    last = sight;
  }
  return last;
}

constexpr int kQuick = 100;

// `slow` slow requests and then a hundred quick ones come in one batch. Returns how many quick ones are done
// while the slow ones are not.
int done_beside_slow_ones(std::size_t workers, std::size_t max_taken, int slow) {
  Gate gate;
  Counter counter;
  ThreadPool pool("worker", workers, {{.capacity = 1000, .max_taken = max_taken}});
  std::vector<Task> tasks(static_cast<std::size_t>(slow), Task::of<&Gate::pass>(gate));
  tasks.insert(tasks.end(), kQuick, Task::of<&Counter::count>(counter));
  (void)settled(workers);
  (void)pool.submit(tasks);
  (void)settled(workers);
  const int done = counter.done.load();
  gate.open();
  return done;
}

// Whether threads without work are left alone by the kernel.
bool idle_workers_sleep() {
  ThreadPool pool("worker", kWorkers, {{.capacity = 1}});
  const Sight before = settled(kWorkers);
  for (int i = 0; i < 100; ++i) give_way();
  return workers_seen() == before;
}

// All workers are busy, and a thousand tasks come. Returns how many the queue takes.
std::size_t queued(std::size_t capacity) {
  Gate gate;
  Counter counter;
  ThreadPool pool("worker", kWorkers, {{.capacity = capacity, .max_taken = 1}});
  for (int i = 1; i <= kWorkers; ++i) {
    const Task hold = Task::of<&Gate::pass>(gate);
    (void)pool.submit({&hold, 1});
    gate.wait_for_held(i);
  }
  const std::vector<Task> tasks(1000, Task::of<&Counter::count>(counter));
  const std::size_t accepted = pool.submit(tasks);
  gate.open();
  return accepted;
}

}  // namespace

int main() {
  const Remembered kept = remembered();
  Counts semaphore;
  Counts batches;
  run_batches<SemaphorePool>(semaphore);
  run_batches<BatchPool>(batches);
  const int alone = done_beside_slow_ones(1, 1, 1);
  const int singly = done_beside_slow_ones(kWorkers, 1, 1);
  const int in_eights = done_beside_slow_ones(kWorkers, 8, 1);
  const int all_slow = done_beside_slow_ones(kWorkers, 1, kWorkers);
  const bool sleep = idle_workers_sleep();
  const std::size_t bounded = queued(64);
  const std::size_t unbounded = queued(100'000);

  std::printf("%d tasks in batches of %d           locks  wake-ups asked for\n", kBatches * kBatch, kBatch);
  std::printf("  semaphore, one by one             %5d %6d\n", semaphore.locks.load(),
              semaphore.wakes.load());
  std::printf("  condition variable, in batches    %5d %6d\n", batches.locks.load(), batches.wakes.load());
  std::printf("slow requests, then %d quick ones   quick ones done meanwhile\n", kQuick);
  std::printf("  one slow, one thread              %5d\n", alone);
  std::printf("  one slow, 4 workers               %5d\n", singly);
  std::printf("  the same, a worker takes eight    %5d\n", in_eights);
  std::printf("  4 slow, 4 workers                 %5d\n", all_slow);
  std::printf("1000 tasks while all workers are busy: %zu wait with a bound of 64, %zu without\n\n", bounded,
              unbounded);

  lab::shown(!kept.by_condition, "a notification that comes before the wait is lost");
  lab::shown(kept.by_predicate && kept.by_semaphore,
             "a state that the waiter looks at is not lost, nor is the count of a semaphore");
  lab::shown(batches.locks * 3 < semaphore.locks && batches.wakes * 3 < semaphore.wakes,
             "in batches, the same tasks cost a fraction of the locks and wake-ups");
  lab::shown(sleep, "workers that have nothing to do sleep: the kernel does not run them");
  lab::shown(alone == 0 && singly == kQuick,
             "one slow request holds up all others of its thread, and nobody else of a pool");
  lab::shown(in_eights == kQuick - 7, "what a worker took together with a slow one waits behind it");
  lab::shown(all_slow == 0, "as many slow requests as workers, and everybody waits");
  lab::shown(bounded == 64 && unbounded == 1000,
             "a bounded queue says at once what it does not take; without a bound everything waits");
  return lab::verdict();
}
