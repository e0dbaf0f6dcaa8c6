// A bounded queue between one thread that pushes and one that pops, without a lock.
//
//   cells    [ ][b][c][ ]      pushed - popped of them are full
//                ^     ^
//             popped  pushed   count up for ever; the cell of n is n % kCapacity
//
// A cell is written before it is announced and read before it is given back: the release of one counter pairs
// with the other thread's acquire of it. Each thread reads its own counter relaxed, since nobody else writes
// it.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>

template <template <class> class Atomic, template <class> class Cell>
class Ring {
 public:
  static constexpr std::size_t kCapacity = 2;

  // On one thread. false: it is full.
  bool push(int value) {
    const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
    if (pushed - popped_.load(std::memory_order_acquire) == kCapacity) return false;
    cells_[pushed % kCapacity].write(value);
    pushed_.store(pushed + 1, std::memory_order_release);
    return true;
  }

  // On another one. std::nullopt: it is empty.
  std::optional<int> pop() {
    const std::size_t popped = popped_.load(std::memory_order_relaxed);
    if (popped == pushed_.load(std::memory_order_acquire)) return std::nullopt;
    const int value = cells_[popped % kCapacity].read();
    popped_.store(popped + 1, std::memory_order_release);
    return value;
  }

 private:
  Atomic<std::size_t> pushed_{0};  // Written by push() alone,
  Atomic<std::size_t> popped_{0};  // and by pop() alone.
  Cell<int> cells_[kCapacity];
};
