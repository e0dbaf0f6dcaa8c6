// Counters and histograms that cost the hot path next to nothing: each thread counts in a block of its own, and whoever
// wants to know adds the blocks up.
//
//   count(Counter::kAccepted);                    a load and a store, no lock, no cache line that others write to
//   observe(Histogram::kHandle, nanoseconds);     the same, twice
//   Metrics all = read_metrics();                 any thread, at any time; a little behind, never torn
//
// What a thread has counted stays when it ends.
//
// Thread: any.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pollux::metrics {

enum class Counter : std::uint8_t {
  kAccepted,   // Connections.
  kRefused,    // The same, by limits.
  kClosed,     // Of the accepted.
  kRequests,   // Answered; by class of status:
  kAnswers1xx,
  kAnswers2xx,
  kAnswers3xx,
  kAnswers4xx,
  kAnswers5xx,
  kOctetsIn,  // Of plain text and of TLS, as they are on the wire.
  kOctetsOut,
  kCacheHits,
  kCacheMisses,
  kTimersFired,
  kHandshakes,         // TLS: complete,
  kHandshakesResumed,  // of these,
  kHandshakesFailed,
  kWebSockets,  // Opened.
  kMessagesIn,
  kMessagesOut,
  kCount,
};

enum class Histogram : std::uint8_t {
  kQueueWait,  // From the event to the worker.
  kHandle,     // A request in its handler.
  kWrite,      // writev(2).
  kCount,
};

// Upper bounds of the buckets: 1 us, 2, 5, 10 ... 5 s, and everything above.
inline constexpr std::array<std::uint64_t, 21> kBounds = {
    1'000,      2'000,      5'000,      10'000,      20'000,      50'000,      100'000,
    200'000,    500'000,    1'000'000,  2'000'000,   5'000'000,   10'000'000,  20'000'000,
    50'000'000, 100'000'000, 200'000'000, 500'000'000, 1'000'000'000, 2'000'000'000, 5'000'000'000};

struct Distribution {
  std::array<std::uint64_t, kBounds.size() + 1> buckets{};
  std::uint64_t sum = 0;  // Nanoseconds.

  [[nodiscard]] std::uint64_t count() const;
};

struct Metrics {
  std::array<std::uint64_t, static_cast<std::size_t>(Counter::kCount)> counters{};
  std::array<Distribution, static_cast<std::size_t>(Histogram::kCount)> histograms{};

  [[nodiscard]] std::uint64_t operator[](Counter counter) const {
    return counters[static_cast<std::size_t>(counter)];
  }
  [[nodiscard]] const Distribution& operator[](Histogram histogram) const {
    return histograms[static_cast<std::size_t>(histogram)];
  }
  Metrics& operator+=(const Metrics& other);
};

void count(Counter counter, std::uint64_t more = 1);
void observe(Histogram histogram, std::chrono::nanoseconds time);

// Of all threads, those that have ended included.
[[nodiscard]] Metrics read_metrics();

}  // namespace pollux::metrics
