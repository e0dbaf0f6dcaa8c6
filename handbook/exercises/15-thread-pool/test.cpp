#include <atomic>
#include <thread>
#include <vector>

#include "check.h"

namespace {

void it_is_bounded() {
  BoundedQueue<int> queue(2);
  CHECK(queue.try_push(1));
  CHECK(queue.try_push(2));
  CHECK(!queue.try_push(3));
  CHECK_EQ(queue.size(), std::size_t{2});
  CHECK_EQ(queue.pop().value_or(-1), 1);
  CHECK(queue.try_push(4));
  CHECK_EQ(queue.pop().value_or(-1), 2);
  CHECK_EQ(queue.pop().value_or(-1), 4);
}

void what_is_in_it_is_given_out_after_the_end() {
  BoundedQueue<int> queue(2);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  queue.close();
  CHECK(!queue.try_push(3));
  CHECK(!queue.push(3));
  CHECK_EQ(queue.pop().value_or(-1), 1);
  CHECK_EQ(queue.pop().value_or(-1), 2);
  CHECK(!queue.pop().has_value());
}

void those_who_wait_come_back_at_the_end() {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  CHECK(full.push(1));
  std::atomic<int> back{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] { back += !empty.pop().has_value(); });
    threads.emplace_back([&] { back += !full.push(2); });
  }
  empty.close();
  full.close();
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(back.load(), 6);
}

// Each item comes out once, and each producer's in their order, through a queue that is nearly always full or
// empty.
void all_items_come_through() {
  constexpr int kThreads = 4;
  constexpr int kItems = 5000;
  BoundedQueue<int> queue(3);
  std::vector<std::atomic<int>> times(kThreads * kItems);
  std::atomic<bool> too_many{false};
  std::atomic<bool> out_of_order{false};
  std::vector<std::thread> producers;
  std::vector<std::thread> consumers;
  for (int t = 0; t < kThreads; ++t) {
    producers.emplace_back([&, t] {
      for (int i = 0; i < kItems; ++i) {
        if (!queue.push(t * kItems + i)) return;
        if (queue.size() > 3) too_many = true;
      }
    });
    consumers.emplace_back([&] {
      std::vector<int> last(kThreads, -1);
      while (const std::optional<int> item = queue.pop()) {
        ++times[static_cast<std::size_t>(*item)];
        int& before = last[static_cast<std::size_t>(*item / kItems)];
        if (*item <= before) out_of_order = true;
        before = *item;
      }
    });
  }
  for (std::thread& thread : producers) thread.join();
  queue.close();
  for (std::thread& thread : consumers) thread.join();
  int once = 0;
  for (const std::atomic<int>& count : times) once += count == 1;
  CHECK_EQ(once, kThreads * kItems);
  CHECK(!too_many);
  CHECK(!out_of_order);
}

}  // namespace

int main() {
  it_is_bounded();
  what_is_in_it_is_given_out_after_the_end();
  if (exercise::failed == 0) those_who_wait_come_back_at_the_end();
  if (exercise::failed == 0) all_items_come_through();
  return exercise::verdict();
}
