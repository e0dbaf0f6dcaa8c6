#include "base/metrics.h"

#include <unistd.h>

#include <cstddef>
#include <new>
#include <numeric>

#include "base/mutex.h"

namespace pollux::metrics {

namespace {

using detail::Block;

Metrics read(const Block& block) {
  Metrics metrics;
  for (std::size_t i = 0; i < kNumberOf<Counter>; ++i) metrics.counters[i] = block.counters[i].read();
  for (std::size_t i = 0; i < kNumberOf<Gauge>; ++i) {
    metrics.gauges[i] = static_cast<std::int64_t>(block.gauges[i].read());
  }
  for (std::size_t h = 0; h < kNumberOf<Histogram>; ++h) {
    Distribution& distribution = metrics.histograms[h];
    const detail::Times& times = block.histograms[h];
    for (std::size_t i = 0; i < times.buckets.size(); ++i) distribution.buckets[i] = times.buckets[i].read();
    distribution.sum = times.sum.read();
  }
  return metrics;
}

// A static object that is never destroyed, since threads may outlive static objects, and is not allocated,
// since counting must not need memory.
template <class T>
class Immortal {
 public:
  Immortal() : object_(*new (place_) T) {}
  [[nodiscard]] T& get() { return object_; }

 private:
  alignas(T) std::byte place_[sizeof(T)];
  T& object_;
};

// A block on the registry's list.
struct Listed {
  Block block;
  Listed* next = nullptr;  // Of the thread that began after this one.
};

// The blocks of all threads, and the totals of threads that have ended.
class Registry {
 public:
  static Registry& instance() {
    static Immortal<Registry> registry;
    return registry.get();
  }

  void add(Listed& block) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    Listed** place = &first_;
    while (*place != nullptr) place = &(*place)->next;
    *place = &block;
  }
  void remove(Listed& block) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ended_ += metrics::read(block.block);
    Listed** place = &first_;
    while (*place != &block) place = &(*place)->next;
    *place = block.next;
  }
  [[nodiscard]] Metrics read() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    Metrics all = ended_;
    for (const Listed* one = first_; one != nullptr; one = one->next) all += metrics::read(one->block);
    return all;
  }
  [[nodiscard]] std::vector<ThreadActivity> activities() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<ThreadActivity> activities;
    for (const Listed* one = first_; one != nullptr; one = one->next) {
      const Activity activity = one->block.activity.load(std::memory_order_relaxed);
      if (activity != Activity::kNone) activities.push_back({one->block.thread, activity});
    }
    return activities;
  }

 private:
  Mutex mutex_;
  Listed* first_ GUARDED_BY(mutex_) = nullptr;  // A list, in the order the threads began.
  Metrics ended_ GUARDED_BY(mutex_);
};

// For counts made while a thread's own objects are being destroyed. Threads share it, and may lose a count
// there.
Block& last_block() {
  static Block& block = []() -> Block& {
    static Immortal<Listed> made;
    Registry::instance().add(made.get());
    return made.get().block;
  }();
  return block;
}

class OwnBlock {
 public:
  OwnBlock() {
    own_.block.thread = ::gettid();
    Registry::instance().add(own_);
    detail::own_block = &own_.block;
  }
  OwnBlock(const OwnBlock&) = delete;
  OwnBlock& operator=(const OwnBlock&) = delete;
  ~OwnBlock() {
    detail::own_block = &last_block();
    Registry::instance().remove(own_);
  }

 private:
  Listed own_;
};

}  // namespace

detail::Block& detail::make_block() {
  const thread_local OwnBlock own;
  (void)own;
  return *own_block;
}

std::uint64_t Distribution::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

std::chrono::nanoseconds Distribution::quantile(double share) const {
  const double wanted = share * static_cast<double>(count());
  double below = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && below + here >= wanted) {
      const auto low = static_cast<double>(i == 0 ? 0 : kBounds[i - 1]);
      const auto high = static_cast<double>(kBounds[std::min(i, kBounds.size() - 1)]);
      return std::chrono::nanoseconds(
          static_cast<std::int64_t>(low + (high - low) * (wanted - below) / here));
    }
    below += here;
  }
  return std::chrono::nanoseconds(0);
}

Distribution& Distribution::operator+=(const Distribution& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  sum += other.sum;
  return *this;
}

Distribution& Distribution::operator-=(const Distribution& earlier) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] -= earlier.buckets[i];
  sum -= earlier.sum;
  return *this;
}

Metrics& Metrics::operator+=(const Metrics& other) {
  for (std::size_t i = 0; i < counters.size(); ++i) counters[i] += other.counters[i];
  for (std::size_t i = 0; i < gauges.size(); ++i) gauges[i] += other.gauges[i];
  for (std::size_t i = 0; i < histograms.size(); ++i) histograms[i] += other.histograms[i];
  return *this;
}

Metrics read_metrics() { return Registry::instance().read(); }

std::vector<ThreadActivity> read_activities() { return Registry::instance().activities(); }

}  // namespace pollux::metrics
