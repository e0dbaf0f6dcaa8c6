#include <sys/socket.h>

#include <memory>

#include "check.h"

namespace {

struct Pair {
  Pair() { CHECK_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0); }
  void write() const { CHECK_EQ(::write(ends[1], "x", 1), ssize_t{1}); }
  void read() const {
    char octet = 0;
    CHECK_EQ(::read(ends[0], &octet, 1), ssize_t{1});
  }
  int ends[2] = {};
};

void calls_the_handler_of_each() {
  Reactor reactor;
  Pair pairs[3];
  int calls[3] = {};
  for (int i = 0; i < 3; ++i) {
    reactor.add(pairs[i].ends[0], [&, i] {
      pairs[i].read();
      ++calls[i];
    });
  }
  pairs[0].write();
  pairs[2].write();
  reactor.turn();
  reactor.turn();
  CHECK_EQ(calls[0], 1);
  CHECK_EQ(calls[1], 0);
  CHECK_EQ(calls[2], 1);
  CHECK_EQ(reactor.size(), std::size_t{3});
}

// Two events in one batch; whichever handler comes first removes the other.
void a_removed_handler_is_not_called() {
  Reactor reactor;
  Pair pairs[2];
  int calls = 0;
  for (int i = 0; i < 2; ++i) {
    reactor.add(pairs[i].ends[0], [&, i] {
      pairs[i].read();
      ++calls;
      reactor.remove(pairs[1 - i].ends[0]);
    });
    pairs[i].write();
  }
  reactor.turn();
  CHECK_EQ(calls, 1);
  CHECK_EQ(reactor.size(), std::size_t{1});
}

// The same, but the other's number goes to a stranger, who has nothing to read.
void a_stranger_gets_no_event_of_a_predecessor() {
  Reactor reactor;
  Pair pairs[2];
  Pair stranger;
  int calls = 0;
  int of_stranger = 0;
  for (int i = 0; i < 2; ++i) {
    reactor.add(pairs[i].ends[0], [&, i] {
      pairs[i].read();
      ++calls;
      const int freed = pairs[1 - i].ends[0];
      reactor.remove(freed);
      CHECK_EQ(::dup2(stranger.ends[0], freed), freed);
      reactor.add(freed, [&] { ++of_stranger; });
    });
    pairs[i].write();
  }
  reactor.turn();
  CHECK_EQ(calls, 1);
  CHECK_EQ(of_stranger, 0);
  stranger.write();
  reactor.turn();
  CHECK_EQ(of_stranger, 1);
}

// What a handler has captured lives until it returns.
void a_handler_may_remove_itself() {
  Reactor reactor;
  Pair pair;
  bool alive_after_removal = false;
  auto captured = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = captured;
  reactor.add(pair.ends[0], [&reactor, &pair, &alive_after_removal, &watched, held = std::move(captured)] {
    const std::weak_ptr<int>& outside = watched;
    bool& alive = alive_after_removal;
    reactor.remove(pair.ends[0]);
    alive = !outside.expired();
  });
  pair.write();
  reactor.turn();
  CHECK(alive_after_removal);
  CHECK(watched.expired());
  CHECK_EQ(reactor.size(), std::size_t{0});
}

}  // namespace

int main() {
  calls_the_handler_of_each();
  a_removed_handler_is_not_called();
  a_stranger_gets_no_event_of_a_predecessor();
  a_handler_may_remove_itself();
  return exercise::verdict();
}
