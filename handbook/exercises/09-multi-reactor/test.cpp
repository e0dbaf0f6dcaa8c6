#include <poll.h>

#include <thread>

#include "check.h"

namespace {

bool rings(const Inbox& inbox, int milliseconds = 0) {
  pollfd bell{inbox.bell(), POLLIN, 0};
  return ::poll(&bell, 1, milliseconds) == 1;
}

std::vector<int> taken(Inbox& inbox) {
  std::vector<int> items;
  inbox.take([&](int item) { items.push_back(item); });
  return items;
}

void what_is_put_is_taken_in_order() {
  Inbox inbox;
  CHECK(!rings(inbox));
  for (const int item : {1, 2, 3}) inbox.put(item);
  CHECK(rings(inbox));
  CHECK(taken(inbox) == std::vector<int>({1, 2, 3}));
  CHECK(!rings(inbox));
  CHECK(taken(inbox).empty());
  inbox.put(4);
  CHECK(rings(inbox));
  CHECK(taken(inbox) == std::vector<int>({4}));
}

void it_rings_once_for_all() {
  Inbox inbox;
  for (int item = 0; item < 100; ++item) inbox.put(item);
  std::uint64_t count = 0;
  CHECK_EQ(::read(inbox.bell(), &count, sizeof count), static_cast<ssize_t>(sizeof count));
  CHECK_EQ(count, std::uint64_t{1});
  CHECK_EQ(taken(inbox).size(), std::size_t{100});
}

void what_is_put_while_one_is_handled_rings_again() {
  Inbox inbox;
  std::vector<int> items;
  inbox.put(1);
  inbox.take([&](int item) {
    items.push_back(item);
    if (item < 3) inbox.put(item + 1);
  });
  CHECK(items == std::vector<int>({1}));
  CHECK(rings(inbox));
  CHECK(taken(inbox) == std::vector<int>({2}));
}

// A thread puts, and this one takes whenever the bell rings: nothing is left behind.
void nothing_is_forgotten() {
  constexpr int kItems = 20'000;
  Inbox inbox;
  std::thread other([&] {
    for (int item = 0; item < kItems; ++item) inbox.put(item);
  });
  int count = 0;
  while (count < kItems && rings(inbox, 2000)) inbox.take([&](int) { ++count; });
  other.join();
  CHECK_EQ(count, kItems);
}

}  // namespace

int main() {
  what_is_put_is_taken_in_order();
  it_rings_once_for_all();
  what_is_put_while_one_is_handled_rings_again();
  if (exercise::failed == 0) nothing_is_forgotten();
  return exercise::verdict();
}
