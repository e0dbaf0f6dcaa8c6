// A multishot operation, accepting or polling a descriptor: it completes again and again until it is ended.
//
// The ring owns it (Ring::keep()), since it has to stay until its last completion, longer than whoever began
// it. A socket may be accepted after the end, before the kernel has heard of it.
//
// Thread: the ring's.
#pragma once

#include <functional>

#include "net/ring.h"

namespace pollux::net {

class RingSource final : private RingSubmitter {
 public:
  // `result`: a socket, events, or -errno. false: nothing more until start(). What it throws ends the loop.
  using Callback = std::function<bool(int result)>;

  // Does nothing yet.
  [[nodiscard]] static RingSource& accept_on(Ring& ring, int listener, Callback on_socket);
  [[nodiscard]] static RingSource& poll(Ring& ring, int fd, std::uint32_t events, Callback on_events);

  [[nodiscard]] bool start();  // false: the ring has refused it.
  // The callback is not called any more. The last use of it. `late` takes sockets that are accepted all the
  // same; without it, or when the ring has ended, they are closed. `done` is called when the kernel has let
  // go of the descriptor; not when the ring has ended.
  void end(Callback late = {}, std::function<void()> done = {});

 private:
  RingSource(Ring& ring, RingOperation operation, int fd, std::uint32_t events, Callback callback)
      : ring_(ring), operation_(operation), fd_(fd), events_(events), callback_(std::move(callback)) {}

  void on_completion(RingOperation operation, const RingCompletion& completion) override;
  void hand_on_late(int socket);
  void go();

  Ring& ring_;
  const RingOperation operation_;
  const int fd_;
  const std::uint32_t events_;
  const Callback callback_;
  Callback late_;
  std::function<void()> done_;
  bool under_way_ = false;
  bool ended_ = false;
};

}  // namespace pollux::net
