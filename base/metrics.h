// Counters, gauges and histograms that cost the hot path next to nothing: each thread writes to a block of
// its own, and a reader adds up the blocks.
//
//   count(Counter::kAccepted);             a load and a store of its own: nobody else writes to that line
//   change(Gauge::kSending, +1);           the same; one thread may add what another takes away
//   observe(Histogram::kHandle, time);     the same, twice
//   doing(Activity::kWaiting);             a store: what this thread is at, for who looks
//
//   Metrics all = read_metrics();          any thread, at any time; a little behind, never torn
//
// The counts of a thread stay when it ends.
//
// Thread: any.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pollux::metrics {

enum class Counter : std::uint8_t {
  kTurns,           // Of the event loops: calls of epoll_wait(2) or io_uring_enter(2) that have returned,
  kEvents,          // and the events or completions they brought.
  kAccepted,        // Connections.
  kRefused,         // The same, by limits.
  kProxyHeaders,    // PROXY headers: understood,
  kProxyMalformed,  // or not;
  kProxyStrangers,  // connections that may not have one, closed after accept.
  kGet,             // Requests answered, by method:
  kHead,
  kPost,
  kOtherMethod,
  kAnswers1xx,  // And by class of status.
  kAnswers2xx,
  kAnswers3xx,
  kAnswers4xx,
  kAnswers5xx,
  kRateLimited,  // 429, by limits.requests_per_address.
  kOctetsIn,     // On the wire.
  kOctetsOut,
  kShed,           // Connections ended for lack of memory.
  kBlockedWrites,  // The socket was full, so the connection waits for room.
  kCacheHits,
  kCacheMisses,
  kRootLost,  // Times that a site's directory disappeared.
  kTimersFired,
  kHandshakes,         // TLS: complete,
  kHandshakesResumed,  // of these,
  kHandshakesFailed,
  kHandshakesDisplaced,  // Unfinished, ended because too many others had begun.
  kWebSockets,           // Opened.
  kMessagesIn,
  kMessagesOut,
  kLogLinesDropped,
  kSqlLeases,  // Connections to the database, lent.
  kSqlFailures,
  kVariantsMade,     // Files compressed in the background, by coding,
  kVariantsRefused,  // those that were not worth it,
  kVariantsPutOff,   // and those not begun, as too many were waiting.
  kCount,
};

enum class Gauge : std::uint8_t {
  kHandshaking,  // Connections, by the event that they wait for (net/phase.h, in its order).
  kReadingHead,
  kReadingBody,
  kSending,
  kKeptAlive,
  kWebSocketsOpen,
  kClosing,
  kLingering,
  kHandlingLater,  // Their handlers have kept the requests.
  kStreams,        // HTTP/2 with requests, unless the client reads nothing,
  kNoStreams,      // and without.
  kWorkers,        // Threads,
  kWorkersBusy,
  kWorkerQueue,  // and the tasks that wait for them.
  kBlockingThreads,
  kBlockingBusy,
  kBlockingQueue,
  kSqlConnections,
  kSqlLeased,  // Of these.
  kCount,
};

enum class Histogram : std::uint8_t {
  kQueueWait,  // From the event to the thread that serves it.
  kHandle,     // From there to a response that is ready to be sent.
  kWrite,      // Sending it, or as much as the socket accepts.
  kServe,      // All three.
  kCount,
};

enum class Activity : std::uint8_t {
  kNone,     // The thread does not serve.
  kWaiting,  // For an event, or for a task.
  kLooking,  // Between two connections.
  kReading,
  kHandling,
  kWriting,
  kCount,
};

template <class Enum>
inline constexpr auto kNumberOf = static_cast<std::size_t>(Enum::kCount);

// Upper bounds of the buckets, in nanoseconds: 1 us, 2, 5, 10 ... 5 s, and everything above.
inline constexpr std::array<std::uint64_t, 21> kBounds = {
    1'000,      2'000,       5'000,       10'000,      20'000,        50'000,        100'000,
    200'000,    500'000,     1'000'000,   2'000'000,   5'000'000,     10'000'000,    20'000'000,
    50'000'000, 100'000'000, 200'000'000, 500'000'000, 1'000'000'000, 2'000'000'000, 5'000'000'000};

// The bucket of a time. The highest bit leaves two bounds to compare at most.
[[nodiscard]] constexpr std::size_t bucket_of(std::uint64_t nanoseconds) {
  constexpr auto kFirst = [] {
    std::array<std::uint8_t, 65> first{};  // By the number of bits.
    for (std::size_t bits = 1; bits < first.size(); ++bits) {
      const std::uint64_t least = std::uint64_t{1} << (bits - 1);
      while (first[bits] < kBounds.size() && kBounds[first[bits]] < least) ++first[bits];
    }
    return first;
  }();
  std::size_t bucket = kFirst[static_cast<std::size_t>(std::bit_width(nanoseconds))];
  while (bucket < kBounds.size() && kBounds[bucket] < nanoseconds) ++bucket;
  return bucket;
}

struct Distribution {
  std::array<std::uint64_t, kBounds.size() + 1> buckets{};
  std::uint64_t sum = 0;  // Nanoseconds.

  [[nodiscard]] std::uint64_t count() const;
  // The time that a `share` (0 to 1) of all did not exceed, interpolated within its bucket. 0: there are
  // none.
  [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;
  Distribution& operator+=(const Distribution& other);
  Distribution& operator-=(const Distribution& earlier);
};

struct Metrics {
  std::array<std::uint64_t, kNumberOf<Counter>> counters{};
  std::array<std::int64_t, kNumberOf<Gauge>> gauges{};
  std::array<Distribution, kNumberOf<Histogram>> histograms{};

  [[nodiscard]] std::uint64_t operator[](Counter counter) const {
    return counters[static_cast<std::size_t>(counter)];
  }
  [[nodiscard]] std::int64_t operator[](Gauge gauge) const { return gauges[static_cast<std::size_t>(gauge)]; }
  [[nodiscard]] const Distribution& operator[](Histogram histogram) const {
    return histograms[static_cast<std::size_t>(histogram)];
  }
  Metrics& operator+=(const Metrics& other);
};

// The sum of all threads, those that have ended included.
[[nodiscard]] Metrics read_metrics();

// The current activity of a serving thread.
struct ThreadActivity {
  int thread = 0;  // gettid(2)
  Activity activity = Activity::kNone;
};
[[nodiscard]] std::vector<ThreadActivity> read_activities();  // In the order the threads began.

// --- The hot path.

namespace detail {

// Written by one thread only, so a load and a store are enough.
class Cell {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Times {
  std::array<Cell, kBounds.size() + 1> buckets;
  Cell sum;
};

struct alignas(64) Block {
  std::array<Cell, kNumberOf<Counter>> counters;
  std::array<Cell, kNumberOf<Gauge>> gauges;
  std::array<Times, kNumberOf<Histogram>> histograms;
  std::atomic<Activity> activity{Activity::kNone};
  int thread = 0;
};

inline constinit thread_local Block* own_block = nullptr;

[[nodiscard]] Block& make_block();
[[nodiscard]] inline Block& block() { return own_block != nullptr ? *own_block : make_block(); }

}  // namespace detail

inline void count(Counter counter, std::uint64_t more = 1) {
  detail::block().counters[static_cast<std::size_t>(counter)].add(more);
}

inline void change(Gauge gauge, std::int64_t by) {
  detail::block().gauges[static_cast<std::size_t>(gauge)].add(static_cast<std::uint64_t>(by));
}

inline void observe(Histogram histogram, std::chrono::nanoseconds time) {
  auto& times = detail::block().histograms[static_cast<std::size_t>(histogram)];
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
  times.buckets[bucket_of(nanoseconds)].add(1);
  times.sum.add(nanoseconds);
}

inline void doing(Activity activity) { detail::block().activity.store(activity, std::memory_order_relaxed); }

}  // namespace pollux::metrics
