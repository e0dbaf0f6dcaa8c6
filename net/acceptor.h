// A listening socket on a loop: accepts connections and hands them on.
//
// It accepts until EAGAIN, or a bounded batch; epoll reports the rest again, edge-triggered because it is
// asked to. When descriptors run out (EMFILE and its like) it stops listening to epoll for a moment: the
// clients wait in the backlog, and the loop does not spin on an event it cannot serve.
//
// A loop with a ring accepts without asking: the sockets come as completions.
//
// Thread: the loop's.
#pragma once

#include <functional>

#include "base/unique_fd.h"
#include "net/channel.h"
#include "net/event_loop.h"
#include "net/ring_source.h"
#include "net/socket_address.h"

namespace pollux::net {

class Acceptor {
 public:
  // If it throws, that is logged, and the socket closed.
  using Callback = std::function<void(UniqueFd socket, const SocketAddress& peer)>;

  struct Options {
    int backlog = 4096;  // listen(2); the kernel cuts it to net.core.somaxconn.
    bool edge_triggered = false;
    bool deferred = false;    // Accept a client when its first octets are there (TCP_DEFER_ACCEPT).
    bool reuse_port = false;  // Several listeners on one address, and the kernel deals out (SO_REUSEPORT).
  };

  // Binds and listens. Throws std::system_error: address in use, not permitted, not of this machine…
  Acceptor(EventLoop& loop, const SocketAddress& address, const Options& options, Callback on_connection);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor();

  // Begins to accept; until then connections wait in the backlog.
  void start();

  [[nodiscard]] const SocketAddress& address() const { return address_; }  // With the real port for port 0.

 private:
  [[nodiscard]] std::uint32_t interest() const;
  void on_ready(std::uint32_t events);
  [[nodiscard]] bool on_accepted(int result);
  void hand_on(UniqueFd socket, const SocketAddress& peer);
  void go_on();
  void pause(int error);

  EventLoop& loop_;
  Options options_;
  Callback on_connection_;
  UniqueFd socket_;
  SocketAddress address_;
  Channel channel_;
  RingSource* source_;  // Of a loop with a ring, instead of the channel; else nullptr.
  Timer resume_;
};

}  // namespace pollux::net
