// A listener on a real loop, and clients on real sockets.
#include "net/acceptor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "net/epoll_poller.h"
#include "net/listening_socket.h"
#include "net/ring_poller.h"
#include "tests/net/no_ring.h"

namespace pollux::net {
namespace {

UniqueFd connect_to(const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(fd.get(), address.data(), address.size()), 0);
  return fd;
}

// Which of two clients is accepted first: one that came first and is silent, or one that has said something.
struct AcceptorCase {
  bool deferred;
  bool edge_triggered;
  bool silent_is_first;
};

TEST(Acceptor, DefersTheSilent) {
  for (const AcceptorCase& c :
       {AcceptorCase{false, false, true}, {false, true, true}, {true, false, false}, {true, true, false}}) {
    EventLoop loop;
    std::string first;
    Acceptor acceptor(loop, listen_on(*SocketAddress::parse("127.0.0.1:0"), {.deferred = c.deferred}),
                      {.edge_triggered = c.edge_triggered},
                      [&](const UniqueFd& socket, const SocketAddress& /*peer*/) {
                        if (first.empty()) first = SocketAddress::of_peer(socket.get()).to_string();
                        loop.stop();
                      });
    const UniqueFd silent = connect_to(acceptor.address());
    const UniqueFd talking = connect_to(acceptor.address());
    EXPECT_EQ(::send(talking.get(), "x", 1, MSG_NOSIGNAL), 1);
    acceptor.start();
    loop.run();
    const int fd = (c.silent_is_first ? silent : talking).get();
    EXPECT_EQ(first, SocketAddress::of_socket(fd).to_string()) << c.deferred << c.edge_triggered;
  }
}

struct ThrowingCase {
  bool ring;
  bool edge_triggered;
};

// No memory for one client: it is closed, and the next one is served.
TEST(Acceptor, GoesOnAfterACallbackThatThrows) {
  for (const ThrowingCase& c : {ThrowingCase{false, false}, {false, true}, {true, false}}) {
    if (c.ring && !no_ring().empty()) continue;
    std::unique_ptr<Poller> poller = std::make_unique<EpollPoller>();
    if (c.ring) poller = std::make_unique<RingPoller>(RingOptions{.receive_buffers = 1});
    EventLoop loop(std::move(poller));
    int calls = 0;
    Acceptor acceptor(loop, listen_on(*SocketAddress::parse("127.0.0.1:0"), {}),
                      {.edge_triggered = c.edge_triggered},
                      [&](const UniqueFd& /*socket*/, const SocketAddress& /*peer*/) {
                        if (++calls == 1) throw std::bad_alloc();
                        loop.stop();
                      });
    const UniqueFd first = connect_to(acceptor.address());
    const UniqueFd second = connect_to(acceptor.address());
    acceptor.start();
    EXPECT_NO_THROW(loop.run()) << c.ring << c.edge_triggered;
    EXPECT_EQ(calls, 2);
    char octet = 0;
    EXPECT_EQ(::recv(first.get(), &octet, 1, 0), 0) << "it is closed";
  }
}

TEST(Acceptor, AcceptsAllOfTheBacklogAlthoughACallbackThrows) {
  EventLoop loop;
  int calls = 0;
  Acceptor acceptor(loop, listen_on(*SocketAddress::parse("127.0.0.1:0"), {}), {},
                    [&](const UniqueFd& /*socket*/, const SocketAddress& /*peer*/) {
                      if (++calls == 1) throw std::bad_alloc();
                    });
  acceptor.start();
  const UniqueFd first = connect_to(acceptor.address());
  const UniqueFd second = connect_to(acceptor.address());
  EXPECT_NO_THROW(acceptor.accept_backlog());
  EXPECT_EQ(calls, 2);
}

// A loop that runs a turn at a time, with a ring or with epoll.
class SteppedLoop {
 public:
  explicit SteppedLoop(bool ring) : SteppedLoop(poller_of(ring)) {}
  SteppedLoop(const SteppedLoop&) = delete;
  SteppedLoop& operator=(const SteppedLoop&) = delete;
  ~SteppedLoop() { poller_.end(); }

  [[nodiscard]] EventLoop& loop() { return loop_; }
  void turn() { loop_.turn_at_once(); }

 private:
  static std::unique_ptr<Poller> poller_of(bool ring) {
    if (ring) return std::make_unique<RingPoller>(RingOptions{.receive_buffers = 1});
    return std::make_unique<EpollPoller>();
  }
  explicit SteppedLoop(std::unique_ptr<Poller> poller) : poller_(*poller), loop_(std::move(poller)) {
    poller_.begin();
  }

  Poller& poller_;
  EventLoop loop_;
};

// Two processes accept on one socket, and the kernel may wake the one that is about to end, and that one
// alone.
TEST(Acceptor, TheLastActIsToAcceptWhoWokeIt) {
  for (const bool ring : {false, true}) {
    if (ring && !no_ring().empty()) continue;
    SCOPED_TRACE(ring);
    int accepted = 0;
    const auto count = [&](const UniqueFd& /*socket*/, const SocketAddress& /*peer*/) { ++accepted; };
    SteppedLoop ending(ring);
    SteppedLoop staying(ring);
    UniqueFd listener = listen_on(*SocketAddress::parse("127.0.0.1:0"), {});
    Acceptor successor(staying.loop(), UniqueFd(::dup(listener.get())), {}, count);
    auto predecessor =
        std::make_unique<Acceptor>(ending.loop(), std::move(listener), Acceptor::Options{}, count);
    predecessor->start();
    ending.turn();
    successor.start();
    staying.turn();
    const UniqueFd client = connect_to(successor.address());
    predecessor.reset();
    for (int i = 0; i < 3; ++i) {
      ending.turn();
      staying.turn();
    }
    EXPECT_EQ(accepted, 1);
  }
}

}  // namespace
}  // namespace pollux::net
