#include <map>
#include <random>
#include <string>

#include "check.h"

namespace {

std::string listed(std::vector<int> timers) {
  std::sort(timers.begin(), timers.end());
  std::string text;
  for (const int timer : timers) text += std::to_string(timer) + " ";
  return text.empty() ? "none" : text;
}

void fires_tick_by_tick() {
  Wheel wheel;
  wheel.arm(1, 3);
  wheel.arm(2, 5);
  wheel.arm(3, 3);
  wheel.cancel(3);
  CHECK_EQ(listed(wheel.advance(2)), "none");
  CHECK_EQ(listed(wheel.advance(3)), "1 ");
  CHECK_EQ(listed(wheel.advance(4)), "none");
  CHECK_EQ(listed(wheel.advance(5)), "2 ");
}

void leaves_those_of_later_rounds() {
  Wheel wheel;
  wheel.arm(1, 3);
  wheel.arm(2, 3 + Wheel::kSlots);
  wheel.arm(3, 3 + 5 * Wheel::kSlots);
  for (Wheel::Tick now = 0; now < 50; ++now) {
    const std::string expected = now == 3                   ? "1 "
                                 : now == 3 + Wheel::kSlots ? "2 "
                                 : now == 43                ? "3 "
                                                            : "none";
    CHECK_EQ(listed(wheel.advance(now)), expected);
  }
}

void loses_nothing_when_it_is_late() {
  Wheel wheel;
  for (int timer = 1; timer <= 6; ++timer) wheel.arm(timer, timer);
  CHECK_EQ(listed(wheel.advance(4)), "1 2 3 4 ");
  wheel.arm(7, 100);
  CHECK_EQ(listed(wheel.advance(40)), "5 6 ");
  CHECK_EQ(listed(wheel.advance(200)), "7 ");
}

void fires_what_is_late_already() {
  Wheel wheel;
  CHECK_EQ(listed(wheel.advance(20)), "none");
  wheel.arm(1, 15);
  wheel.arm(2, 20);
  wheel.arm(3, 13);
  wheel.cancel(3);
  CHECK_EQ(listed(wheel.advance(20)), "1 2 ");
  wheel.arm(4, 2);
  CHECK_EQ(listed(wheel.advance(21)), "4 ");
}

void moves() {
  Wheel wheel;
  wheel.arm(1, 3);
  wheel.arm(1, 30);
  wheel.arm(1, 12);
  CHECK_EQ(listed(wheel.advance(11)), "none");
  CHECK_EQ(listed(wheel.advance(12)), "1 ");
  CHECK_EQ(listed(wheel.advance(40)), "none");
}

// Against a table that is searched as a whole.
void does_as_a_table_would() {
  std::mt19937 random(1);
  Wheel wheel;
  std::map<int, Wheel::Tick> table;
  int different = 0;
  for (Wheel::Tick now = 0; now < 3000; now += random() % 20) {
    for (int i = 0; i < 5; ++i) {
      const int timer = static_cast<int>(random() % 40);
      const Wheel::Tick due = std::max<Wheel::Tick>(0, now - 10) + static_cast<Wheel::Tick>(random() % 60);
      wheel.arm(timer, due);
      table[timer] = due;
    }
    std::vector<int> expected;
    std::erase_if(table, [&](const auto& entry) {
      if (entry.second > now) return false;
      expected.push_back(entry.first);
      return true;
    });
    different += listed(wheel.advance(now)) != listed(expected);
  }
  CHECK_EQ(different, 0);
}

void wakes_up_after_a_long_sleep() {
  std::fflush(stdout);  // Who goes through all ticks one by one will be stopped here.
  Wheel wheel;
  wheel.arm(1, 5);
  wheel.arm(2, 2'000'000'000'000);
  CHECK_EQ(listed(wheel.advance(1'000'000'000'000)), "1 ");
}

}  // namespace

int main() {
  fires_tick_by_tick();
  leaves_those_of_later_rounds();
  loses_nothing_when_it_is_late();
  fires_what_is_late_already();
  moves();
  does_as_a_table_would();
  wakes_up_after_a_long_sleep();
  return exercise::verdict();
}
