// Faults for ThreadSanitizer, and the same without a fault.
//
//   threads race | atomic | relaxed-custody | custody | lock-order | one-order
#include <atomic>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <thread>

#include "net/custody.h"

namespace {

int plain = 0;
std::atomic<int> atomic{0};

void on_two_threads(void (*work)()) {
  std::thread other(work);
  work();
  other.join();
}

// An atomic that does as it is told, but orders nothing.
template <class T>
class Relaxed {
 public:
  explicit Relaxed(T value) : value_(value) {}
  T load(std::memory_order) const { return value_.load(std::memory_order_relaxed); }
  T fetch_or(T bits, std::memory_order) { return value_.fetch_or(bits, std::memory_order_relaxed); }
  T exchange(T value, std::memory_order) { return value_.exchange(value, std::memory_order_relaxed); }
  bool compare_exchange_strong(T& expected, T value, std::memory_order, std::memory_order) {
    return value_.compare_exchange_strong(expected, value, std::memory_order_relaxed);
  }

 private:
  std::atomic<T> value_;
};

// Two threads hand an integer to and fro. Only the holder touches it.
template <class Custody>
void hand_over() {
  static Custody custody;
  static int held = 0;
  on_two_threads([] {
    for (int i = 0; i < 1000;) {
      if (!custody.take(Custody::kReady)) {
        std::this_thread::yield();
        continue;
      }
      ++held;
      ++i;
      while (custody.let_go() != 0) {
      }
    }
  });
  std::printf("%d\n", held);
}

// One thread, one lock after the other: nothing can hang here. With a second thread it might.
void lock_in_turn(bool both_orders) {
  static std::mutex first, second;
  {
    const std::lock_guard<std::mutex> one(first);
    const std::lock_guard<std::mutex> two(second);
  }
  if (!both_orders) return;
  const std::lock_guard<std::mutex> two(second);
  const std::lock_guard<std::mutex> one(first);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "";
  if (fault == "race") on_two_threads([] { ++plain; });
  if (fault == "atomic") on_two_threads([] { ++atomic; });
  if (fault == "relaxed-custody") hand_over<pollux::net::BasicCustody<Relaxed>>();
  if (fault == "custody") hand_over<pollux::net::Custody>();
  if (fault == "lock-order") lock_in_turn(true);
  if (fault == "one-order") lock_in_turn(false);
}
