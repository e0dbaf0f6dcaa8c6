// The end of a wire, as epoll sees it.
#include "net/epoll_wire.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>

#include "net/transport.h"

namespace pollux::net {
namespace {

class Counting final : public Wire::Handler {
 public:
  explicit Counting(std::function<void()> on_any = [] {}) : on_any_(std::move(on_any)) {}
  void on_event(Wire::Event /*event*/) override {
    ++events;
    on_any_();
  }

  int events = 0;

 private:
  const std::function<void()> on_any_;
};

// One iteration: what is ready is reported, then the loop stops.
void run_once(EventLoop& loop) {
  loop.post([&loop] { loop.stop(); });
  loop.run();
}

struct Sockets {
  Sockets() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  void speak() const { EXPECT_EQ(::send(far.get(), "x", 1, 0), 1); }

  UniqueFd near;
  UniqueFd far;
};

using WirePtr = std::unique_ptr<EpollWire>;

struct Ending {
  const char* name;
  void (*end)(WirePtr& wire);
};

constexpr Ending kEndings[] = {
    {"close",
     [](WirePtr& wire) {
       Transport transport;
       wire->close(transport);
     }},
    {"reset", [](WirePtr& wire) { wire->reset(); }},
    {"destruction", [](WirePtr& wire) { wire.reset(); }},
};

// As when the process has forked: the duplicate keeps the closed socket's registration alive.
TEST(EpollWire, DoesNotHearADuplicateOfItsClosedSocket) {
  constexpr EpollMode kMode{.edge_triggered = false, .oneshot = false};
  for (const auto& [name, end] : kEndings) {
    EventLoop loop;
    Counting handler;
    Sockets sockets;
    const UniqueFd duplicate(::dup(sockets.near.get()));
    auto wire = std::make_unique<EpollWire>(loop, kMode, std::move(sockets.near), handler);
    ASSERT_TRUE(wire->await(Interest::kInput, false));
    end(wire);
    sockets.speak();
    run_once(loop);
    EXPECT_EQ(handler.events, 0) << name;
  }
}

TEST(EpollWire, ItsHandlerMayDestroyIt) {
  constexpr EpollMode kMode{.edge_triggered = false, .oneshot = false};
  EventLoop loop;
  WirePtr wire;
  Counting handler([&wire] { wire.reset(); });
  Sockets sockets;
  wire = std::make_unique<EpollWire>(loop, kMode, std::move(sockets.near), handler);
  ASSERT_TRUE(wire->await(Interest::kInput, false));
  sockets.speak();
  run_once(loop);
  EXPECT_EQ(handler.events, 1);
  EXPECT_EQ(wire, nullptr);
}

}  // namespace
}  // namespace pollux::net
