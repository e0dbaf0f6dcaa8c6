#include "base/metrics.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "base/mutex.h"

namespace pollux::metrics {

namespace {

// Written by one thread only: so a load and a store will do, and no other thread's cache is troubled.
class Cell {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) Block {
  std::array<Cell, static_cast<std::size_t>(Counter::kCount)> counters;
  struct {
    std::array<Cell, kBounds.size() + 1> buckets;
    Cell sum;
  } histograms[static_cast<std::size_t>(Histogram::kCount)];

  [[nodiscard]] Metrics read() const {
    Metrics metrics;
    for (std::size_t i = 0; i < counters.size(); ++i) metrics.counters[i] = counters[i].read();
    for (std::size_t h = 0; h < metrics.histograms.size(); ++h) {
      Distribution& distribution = metrics.histograms[h];
      for (std::size_t i = 0; i < distribution.buckets.size(); ++i)
        distribution.buckets[i] = histograms[h].buckets[i].read();
      distribution.sum = histograms[h].sum.read();
    }
    return metrics;
  }
};

// The blocks of all threads, and what those had that have ended.
class Registry {
 public:
  static Registry& instance() {
    static Registry& registry = *new Registry;  // Never destroyed: threads may outlive static objects.
    return registry;
  }

  void add(Block& block) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    blocks_.push_back(&block);
  }
  void remove(Block& block) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ended_ += block.read();
    blocks_.erase(std::find(blocks_.begin(), blocks_.end(), &block));
  }
  [[nodiscard]] Metrics read() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    Metrics all = ended_;
    for (const Block* block : blocks_) all += block->read();
    return all;
  }

 private:
  Mutex mutex_;
  std::vector<Block*> blocks_ GUARDED_BY(mutex_);
  Metrics ended_ GUARDED_BY(mutex_);
};

class OwnBlock {
 public:
  OwnBlock() { Registry::instance().add(block_); }
  OwnBlock(const OwnBlock&) = delete;
  OwnBlock& operator=(const OwnBlock&) = delete;
  ~OwnBlock() { Registry::instance().remove(block_); }

  [[nodiscard]] Block& get() { return block_; }

 private:
  Block block_;
};

Block& block() {
  thread_local OwnBlock own;
  return own.get();
}

}  // namespace

std::uint64_t Distribution::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

Metrics& Metrics::operator+=(const Metrics& other) {
  for (std::size_t i = 0; i < counters.size(); ++i) counters[i] += other.counters[i];
  for (std::size_t h = 0; h < histograms.size(); ++h) {
    for (std::size_t i = 0; i < histograms[h].buckets.size(); ++i)
      histograms[h].buckets[i] += other.histograms[h].buckets[i];
    histograms[h].sum += other.histograms[h].sum;
  }
  return *this;
}

void count(Counter counter, std::uint64_t more) { block().counters[static_cast<std::size_t>(counter)].add(more); }

void observe(Histogram histogram, std::chrono::nanoseconds time) {
  auto& distribution = block().histograms[static_cast<std::size_t>(histogram)];
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
  const auto* const bound = std::lower_bound(kBounds.begin(), kBounds.end(), nanoseconds);
  distribution.buckets[static_cast<std::size_t>(bound - kBounds.begin())].add(1);
  distribution.sum.add(nanoseconds);
}

Metrics read_metrics() { return Registry::instance().read(); }

}  // namespace pollux::metrics
