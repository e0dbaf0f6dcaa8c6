// Whose turn it is: work that any thread may ask for, and that one at a time does.
//
//   inbox.put(message);
//   if (turn.begin()) {
//     do handle(inbox.take_all());
//     while (!turn.end());
//   }
//
// It is the hand-over of the chapter in small. This version looks and acts in two steps, and another thread
// may come in between: two threads do the work at once, or nobody does, although a message is there. Mend
// begin() and end(). Nobody may wait or spin. The test walks every order of the steps.
#pragma once

#include <atomic>
#include <cstdint>

// `Atomic`: std::atomic, or one of the test, which has load, store, exchange, fetch_or, and
// compare_exchange_strong with two memory orders. Each call is one step.
template <template <class> class Atomic = std::atomic>
class Turn {
 public:
  // There is something to do. true: the caller does it. false: another thread is at it, and will do it once
  // more.
  [[nodiscard]] bool begin() {
    if (running_.load() != 0) {
      again_.store(1);
      return false;
    }
    running_.store(1);
    return true;
  }

  // By the thread whose turn it is. true: its turn is over. false: somebody came meanwhile, so it has to do
  // it once more.
  [[nodiscard]] bool end() {
    if (again_.load() != 0) {
      again_.store(0);
      return false;
    }
    running_.store(0);
    return true;
  }

 private:
  Atomic<std::uint8_t> running_{0};
  Atomic<std::uint8_t> again_{0};
};
