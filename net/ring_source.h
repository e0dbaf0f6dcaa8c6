// A multishot operation, accepting on or polling a descriptor: it completes again and again until it is
// ended.
//
// The ring owns it (Ring::keep()), since it must stay until its last completion, longer than the object that
// began it. The kernel may accept a socket even after end(), before it learns of that.
//
// Thread: the ring's.
#pragma once

#include <functional>

#include "net/ring.h"

namespace pollux::net {

class RingSource final : private RingSubmitter {
 public:
  // `result`: a socket, events, or -errno. Return false to stop until the next start(). An exception ends the
  // loop.
  using Callback = std::function<bool(int result)>;

  // Does nothing until start().
  [[nodiscard]] static RingSource& accept_on(Ring& ring, int listener, Callback on_socket);
  [[nodiscard]] static RingSource& poll(Ring& ring, int fd, std::uint32_t events, Callback on_events);

  [[nodiscard]] bool start();  // false: the ring refused the operation.
  // Ends the operation; no call may follow. The callback is not called any more. `late` gets sockets that are
  // still accepted; without `late`, or when the ring has ended, they are closed. `done` is called when the
  // kernel has released the descriptor, but not when the ring has ended.
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
