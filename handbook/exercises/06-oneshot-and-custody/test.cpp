#include "check.h"
#include "tests/net/interleavings.h"

namespace {

using pollux::net::test::Scenario;
using pollux::net::test::SteppedAtomic;

struct World {
  Turn<SteppedAtomic> turn;
  SteppedAtomic<std::uint8_t> inbox{0};  // A bit for each message.
  std::uint8_t handled = 0;
  int at_work = 0;
  bool two_at_once = false;

  void post(std::uint8_t message) {
    inbox.fetch_or(message);
    if (!turn.begin()) return;
    do {
      two_at_once = two_at_once || ++at_work > 1;
      handled |= inbox.exchange(0);
      --at_work;
    } while (!turn.end());
  }
};

// One thread has one message, another one two.
void walks_every_order() {
  int forgotten = 0;
  int at_once = 0;
  pollux::net::test::walk([&]() -> Scenario {
    auto world = std::make_shared<World>();
    return {.threads = {[world] { world->post(1); },
                        [world] {
                          world->post(2);
                          world->post(4);
                        }},
            .check = [world, &forgotten, &at_once] {
              forgotten += world->handled == 7 ? 0 : 1;
              at_once += world->two_at_once ? 1 : 0;
            }};
  });
  const int orders_in_which_a_message_is_forgotten = forgotten;
  const int orders_in_which_two_are_at_work = at_once;
  CHECK_EQ(orders_in_which_a_message_is_forgotten, 0);
  CHECK_EQ(orders_in_which_two_are_at_work, 0);
}

void one_thread_alone() {
  Turn<> turn;
  CHECK(turn.begin());
  CHECK(turn.end());
  CHECK(turn.begin());
  CHECK(!turn.begin());
  CHECK(!turn.begin());
  CHECK(!turn.end());
  CHECK(turn.end());
  CHECK(turn.begin());
}

}  // namespace

int main() {
  one_thread_alone();
  walks_every_order();
  return exercise::verdict();
}
