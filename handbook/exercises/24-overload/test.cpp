#include <algorithm>

#include "check.h"

namespace {

constexpr std::size_t kLow = 100;
constexpr std::size_t kHigh = 400;

// A source of `left` octets, of which `ready` can be read, and a sink with `room`. What goes through is
// compared.
struct World {
  explicit World(std::size_t size) : left(size) {}

  long read(std::string& to, std::size_t size) {
    ++reads;
    if (left == 0) return 0;
    const std::size_t count = std::min({size, left, ready});
    if (count == 0) return -1;
    for (std::size_t i = 0; i < count; ++i) to.push_back(static_cast<char>(came++ % 251));
    left -= count;
    return static_cast<long>(count);
  }
  std::size_t write(const char* octets, std::size_t size) {
    const std::size_t count = std::min(size, room);
    for (std::size_t i = 0; i < count; ++i) whole = whole && octets[i] == static_cast<char>(went++ % 251);
    room -= count;
    return count;
  }

  std::size_t left;
  std::size_t ready = 1'000'000;
  std::size_t room = 0;
  std::size_t came = 0;
  std::size_t went = 0;
  int reads = 0;
  bool whole = true;
  Relay relay{kLow, kHigh, [this](std::string& to, std::size_t size) { return read(to, size); },
              [this](const char* octets, std::size_t size) { return write(octets, size); }};
};

void keeps_no_more_than_high() {
  World world(10'000);
  for (int i = 0; i < 50 && world.relay.wants_input(); ++i) world.relay.on_input();
  CHECK_EQ(world.relay.kept(), kHigh);
  CHECK(!world.relay.wants_input());
  CHECK(world.relay.wants_room());
  world.relay.on_input();  // An event of the same batch.
  CHECK_EQ(world.relay.kept(), kHigh);
}

void goes_on_at_low() {
  World world(10'000);
  world.relay.on_input();
  world.room = kHigh - kLow - 1;
  world.relay.on_room();
  CHECK_EQ(world.relay.kept(), kLow + 1);
  CHECK(!world.relay.wants_input());
  world.room = 1;
  world.relay.on_room();
  CHECK(world.relay.wants_input());
  world.ready = 50;
  world.relay.on_input();
  CHECK_EQ(world.relay.kept(), kLow + 50);
  CHECK(world.relay.wants_input());  // It has not been full since.
}

void asks_for_room_only_with_octets() {
  World world(100);
  CHECK(!world.relay.wants_room());
  world.ready = 0;
  world.relay.on_input();  // Nothing has come after all.
  CHECK(!world.relay.wants_room());
  CHECK(world.relay.wants_input());
  world.ready = 100;
  world.relay.on_input();
  CHECK(world.relay.wants_room());
}

void is_done_when_all_has_gone() {
  World world(100);
  world.relay.on_input();
  world.relay.on_input();  // The end.
  CHECK(!world.relay.wants_input());
  CHECK(!world.relay.done());
  world.room = 100;
  world.relay.on_room();
  CHECK(world.relay.done());
  CHECK(!world.relay.wants_room());
}

// The end may come just when the relay is full, and must be heard of all the same.
void a_long_way() {
  World world(kHigh * 25);
  std::size_t most = 0;
  int turns = 0;
  for (; turns < 100'000 && !world.relay.done(); ++turns) {
    world.room = static_cast<std::size_t>(turns % 3);
    if (world.relay.wants_input()) world.relay.on_input();
    most = std::max(most, world.relay.kept());
    if (world.room > 0 && world.relay.wants_room()) world.relay.on_room();
  }
  CHECK(world.relay.done());
  CHECK(world.whole);
  CHECK_EQ(world.went, kHigh * 25);
  CHECK(most <= kHigh);
  CHECK(world.reads < 60);
}

}  // namespace

int main() {
  keeps_no_more_than_high();
  goes_on_at_low();
  asks_for_room_only_with_octets();
  is_done_when_all_has_gone();
  a_long_way();
  return exercise::verdict();
}
