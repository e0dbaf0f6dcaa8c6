// A bounded queue between one thread that pushes and one that pops, without a lock.
//
//   cells    [ ][b][c][ ]      pushed - popped of them are full
//                ^     ^
//             popped  pushed   count up for ever; the cell of n is n % kCapacity
//
// This version works on one thread. Between two it is a data race: the place is announced before it is
// filled, and no memory order makes what one thread wrote to a cell visible to the other, in either
// direction. Mend push() and pop().
//
// Use acquire and release where they are needed and relaxed where they are not; seq_cst is more than a queue
// needs. `Atomic` is std::atomic, or the test's own, which knows what happens before what. `Cell` has
// write(value) and read().
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
    pushed_.store(pushed + 1, std::memory_order_relaxed);
    cells_[pushed % kCapacity].write(value);
    return true;
  }

  // On another one. std::nullopt: it is empty.
  std::optional<int> pop() {
    const std::size_t popped = popped_.load(std::memory_order_relaxed);
    if (popped == pushed_.load(std::memory_order_relaxed)) return std::nullopt;
    popped_.store(popped + 1, std::memory_order_relaxed);
    return cells_[popped % kCapacity].read();
  }

 private:
  Atomic<std::size_t> pushed_{0};  // Written by push() alone,
  Atomic<std::size_t> popped_{0};  // and by pop() alone.
  Cell<int> cells_[kCapacity];
};
