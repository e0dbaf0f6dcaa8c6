#include "check.h"

namespace {

struct Pair {
  Pair() {
    CHECK_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    const int small = 8192;
    CHECK_EQ(::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  }
  ~Pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  // What the peer can read now.
  std::string take() const {
    std::string taken;
    char octets[4096];
    for (ssize_t got = 0; (got = ::read(ends[1], octets, sizeof octets)) > 0;)
      taken.append(octets, static_cast<std::size_t>(got));
    return taken;
  }

  int ends[2] = {};
};

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(text.size()) + "\n";
  text.resize(size);
  return text;
}

// Takes and lets it go on, as often as it asks for that.
std::string take_all(const Pair& pair, Outbox& outbox) {
  std::string taken = pair.take();
  for (int i = 0; i < 1000 && outbox.wants_room(); ++i) {
    CHECK(outbox.on_writable());
    taken += pair.take();
  }
  CHECK(!outbox.wants_room());
  return taken;
}

void sends_what_fits_at_once() {
  const Pair pair;
  Outbox outbox(pair.ends[0]);
  CHECK(outbox.send("hello"));
  CHECK(!outbox.wants_room());
  CHECK_EQ(pair.take(), "hello");
}

void keeps_the_rest() {
  const Pair pair;
  Outbox outbox(pair.ends[0]);
  const std::string page = text_of(300'000);
  CHECK(outbox.send(page));
  CHECK(outbox.wants_room());
  CHECK(take_all(pair, outbox) == page);
}

// What comes later must not overtake what waits, even if the socket has room for it by then.
void keeps_the_order() {
  const Pair pair;
  Outbox outbox(pair.ends[0]);
  std::string all;
  std::string taken;
  for (const std::size_t size : {50'000, 10, 50'000, 1, 2, 3}) {
    const std::string piece = text_of(size);
    CHECK(outbox.send(piece));
    all += piece;
    if (size == 10) taken += pair.take();
  }
  taken += take_all(pair, outbox);
  CHECK_EQ(taken.size(), all.size());
  CHECK(taken == all);
}

void a_full_socket_is_no_failure() {
  const Pair pair;
  Outbox outbox(pair.ends[0]);
  CHECK(outbox.send(text_of(100'000)));
  CHECK(outbox.on_writable());  // There is no room yet.
  CHECK(outbox.on_writable());
  CHECK(outbox.send(""));
  CHECK(outbox.wants_room());
}

// The program would end with SIGPIPE.
void tells_that_the_peer_has_gone() {
  const Pair pair;
  Outbox outbox(pair.ends[0]);
  CHECK(outbox.send(text_of(100'000)));
  ::shutdown(pair.ends[1], SHUT_RD);
  CHECK(!outbox.on_writable());
  Outbox another(pair.ends[0]);
  CHECK(!another.send("anybody there?"));
}

}  // namespace

int main() {
  sends_what_fits_at_once();
  keeps_the_rest();
  keeps_the_order();
  a_full_socket_is_no_failure();
  if (exercise::failed == 0) tells_that_the_peer_has_gone();
  return exercise::verdict();
}
