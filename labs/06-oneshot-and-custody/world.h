// A connection as far as the hand-over goes: epoll with EPOLLONESHOT, an octet of the client that nobody has
// read, and a message for the client that another thread has left.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "custodies.h"

template <class Custody>
struct World {
  static constexpr std::uint8_t kInput = 1;
  static constexpr std::uint8_t kOutput = 2;

  Custody custody;
  SteppedAtomic<std::uint8_t> armed{kInput};  // What epoll reports, once.
  SteppedAtomic<std::uint8_t> input{0};
  SteppedAtomic<std::uint8_t> outbox{0};
  int served = 0;
  std::vector<std::string> story;

  void tell(const char* who, const char* what) { story.push_back(std::string(who) + what); }

  // Connection::serve() and give_back(), by whoever holds it.
  void serve_and_give_back(const char* who) {
    served += input.exchange(0) + outbox.exchange(0);
    tell(who, "has read what is there");
    std::uint8_t interest = kInput;
    for (;;) {
      armed.store(interest);  // Arms first, lets go second.
      tell(who, "arms epoll");
      const auto marks = custody.let_go();
      if (marks == 0) break;
      tell(who, "finds a mark, so it does not let go");
      if ((marks & Custody::kWoken) != 0) interest |= kOutput;
    }
    tell(who, "lets go");
  }

  // What epoll_wait(2) makes the loop do. There is always room for output.
  bool report_event() {
    const std::uint8_t now = armed.load();
    if ((now & kOutput) == 0 && ((now & kInput) == 0 || input.load() == 0)) return false;
    armed.store(0);  // EPOLLONESHOT.
    tell("loop    ", "epoll reports the connection, once");
    take_it(Custody::kReady);
    return true;
  }
  void take_it(typename Custody::Mark mark) {
    if (custody.take(mark)) return serve_and_give_back("loop    ");
    tell("loop    ", "finds that the worker holds it, and goes away");
  }
};

struct Walked {
  std::size_t orders = 0;
  std::size_t lost = 0;
  std::vector<std::string> story;  // Of the first in which something was lost.
};

// A worker gives the connection back, while its client sends an octet and somebody leaves it a message. In
// the end all has been served, or an event of epoll is still to come that sees to it.
template <class Custody>
Walked walk() {
  using pollux::net::test::Scenario;
  Walked walked;
  walked.orders = pollux::net::test::walk([&walked]() -> Scenario {
    auto world = std::make_shared<World<Custody>>();
    (void)world->custody.take(Custody::kReady);
    return {.threads = {[world] { world->serve_and_give_back("worker  "); },
                        [world] {
                          world->input.store(1);
                          world->tell("client  ", "sends an octet");
                          (void)world->report_event();
                          world->outbox.store(1);
                          world->tell("somebody", " leaves a message, and wakes the connection");
                          world->take_it(Custody::kWoken);
                        }},
            .check = [world, &walked] {
              const std::vector<std::string> story = world->story;
              while (world->report_event()) {
              }
              if (world->served == 2) return;
              if (++walked.lost == 1) walked.story = story;
            }};
  });
  return walked;
}
