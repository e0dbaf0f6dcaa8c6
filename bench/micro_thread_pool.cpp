// The hand-over from the loop to the workers: a batch is submitted, run, and waited for.
//
// The figure has the wake-ups in it, which is what the hand-over is about. CPU time is that of all threads.
#include <benchmark/benchmark.h>

#include <atomic>
#include <vector>

#include "threadpool/thread_pool.h"

namespace pollux {
namespace {

class Counter {
 public:
  void count() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
  }
  // REQUIRES: nothing is being counted.
  void expect(int tasks) { left_.store(tasks, std::memory_order_relaxed); }
  void wait() {
    for (int left = left_.load(std::memory_order_acquire); left > 0;
         left = left_.load(std::memory_order_acquire)) {
      left_.wait(left, std::memory_order_acquire);
    }
  }

 private:
  std::atomic<int> left_{0};  // Release by count(), acquire by wait().
};

// Arguments: workers, tasks in a batch.
void pool_batch(benchmark::State& state) {
  ThreadPool pool("bench", static_cast<std::size_t>(state.range(0)), {{.capacity = 1024}});
  Counter counter;
  const std::vector<Task> batch(static_cast<std::size_t>(state.range(1)), Task::of<&Counter::count>(counter));
  for ([[maybe_unused]] auto _ : state) {
    counter.expect(static_cast<int>(batch.size()));
    if (pool.submit(batch) != batch.size()) return state.SkipWithError("the queue is full");
    counter.wait();
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}

BENCHMARK(pool_batch)
    ->ArgNames({"workers", "batch"})
    ->ArgsProduct({{1, 2}, {1, 8, 32, 256}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace pollux
