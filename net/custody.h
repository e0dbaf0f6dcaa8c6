// The hand-over of one connection: which thread holds it, and what came for it meanwhile.
//
//              take() == true                                let_go() == 0
//   free ----------------------------> held ----------------------------------> free
//                                       |  take() == false leaves a mark         ^
//                                       +----> held + marks -- let_go() returns --+
//                                                              and clears them
//
// A connection is held by exactly one thread. The loop takes it before it touches it or lends it to a worker;
// the holder's last act is let_go(). A thread that finds it held leaves a mark and goes on: no thread spins
// or waits. let_go() returns every mark exactly once. When it returns any, the caller still holds the
// connection, acts on the marks (arms epoll once more) and tries again. No step overwrites a mark: bits are
// set with fetch_or, and are cleared only by the exchange that returns them.
//
// Memory order: the acquire in take() pairs with the release in let_go(), so a holder sees everything its
// predecessor wrote. A mark is left with release and collected with acquire, so the holder sees everything
// that was written before the mark. tests/net/custody_test.cpp walks every interleaving of the steps.
//
// Thread: take() any, though in this server only the loop's; let_go() the holder's.
#pragma once

#include <atomic>
#include <cstdint>

namespace pollux::net {

// `Atomic`: std::atomic, or a test's class that stops before each step.
template <template <class> class Atomic = std::atomic>
class BasicCustody {
 public:
  enum Mark : std::uint8_t {
    kReady = 2,  // Epoll reported an event, and will not repeat it.
    kWoken = 4,  // Another thread has something for the connection.
  };
  using Marks = std::uint8_t;

  // true: the caller holds it from now on. false: another thread holds it and will find `mark`.
  [[nodiscard]] bool take(Mark mark) {
    if ((bits_.fetch_or(kHeld, std::memory_order_acquire) & kHeld) == 0) return true;
    // If the holder has let go meanwhile, this call takes it, and the mark costs one more round of let_go().
    return (bits_.fetch_or(static_cast<std::uint8_t>(kHeld | mark), std::memory_order_acq_rel) & kHeld) == 0;
  }

  // 0: another thread may hold it now. Otherwise the caller still holds it, and the marks are cleared.
  // REQUIRES: the caller holds it.
  [[nodiscard]] Marks let_go() {
    std::uint8_t held = kHeld;
    if (bits_.compare_exchange_strong(held, 0, std::memory_order_release, std::memory_order_relaxed))
      return 0;
    return static_cast<Marks>(bits_.exchange(kHeld, std::memory_order_acquire) & ~kHeld);
  }

  // May be outdated at once. Only false seen on the loop's thread stays true, as only the loop takes.
  [[nodiscard]] bool held() const { return (bits_.load(std::memory_order_acquire) & kHeld) != 0; }

 private:
  static constexpr std::uint8_t kHeld = 1;

  Atomic<std::uint8_t> bits_{0};
};

using Custody = BasicCustody<>;

}  // namespace pollux::net
