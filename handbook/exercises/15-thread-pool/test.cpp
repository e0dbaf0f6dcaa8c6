#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
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

// Whether the thread sleeps, as the kernel says it (proc(5)): it is looked at until it does, or has used a
// tenth of a second of processor time, as one does that looks again and again.
bool sleeps(pid_t thread) {
  const std::string directory = "/proc/self/task/" + std::to_string(thread);
  for (int in_a_row = 0; in_a_row < 20;) {
    std::ifstream file(directory + "/stat");
    std::string stat((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string state;
    fields >> state;
    std::string skipped;
    for (int i = 0; i < 10; ++i) fields >> skipped;
    long ticks = 0;  // Of user time, then of system time.
    long of_the_kernel = 0;
    fields >> ticks >> of_the_kernel;
    if (ticks + of_the_kernel > ::sysconf(_SC_CLK_TCK) / 10) return false;
    in_a_row = state == "S" ? in_a_row + 1 : 0;
    std::this_thread::yield();
  }
  return true;
}

// One that waits for an item sleeps, and every way to bring one wakes it.
void an_item_wakes_who_waits() {
  for (const bool by_push : {false, true}) {
    BoundedQueue<int> queue(2);
    std::atomic<pid_t> id{0};
    std::atomic<int> got{0};
    std::thread thread([&] {
      id = ::gettid();
      got = queue.pop().value_or(-1);
    });
    while (id == 0) std::this_thread::yield();
    CHECK(sleeps(id));
    CHECK(by_push ? queue.push(7) : queue.try_push(7));
    thread.join();
    CHECK_EQ(got.load(), 7);
  }
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
  if (exercise::failed == 0) an_item_wakes_who_waits();
  if (exercise::failed == 0) all_items_come_through();
  return exercise::verdict();
}
