// A listening socket on a loop: it accepts connections and hands them to a callback.
//
// One event accepts connections until EAGAIN or until a batch is full. epoll then reports the rest, in
// edge-triggered mode because the acceptor arms it again. When descriptors or memory run out (EMFILE and the
// like), the acceptor pauses: clients wait in the backlog, and the loop does not spin on an event that it
// cannot serve.
//
// On a loop with a ring, the kernel accepts, and the sockets arrive as completions.
//
// Thread: the loop's.
#pragma once

#include <functional>

#include "base/unique_fd.h"
#include "net/channel.h"
#include "net/event_loop.h"
#include "net/listening_socket.h"
#include "net/ring_source.h"
#include "net/socket_address.h"

namespace pollux::net {

class Acceptor {
 public:
  // An exception from it is logged, and the socket is closed.
  using Callback = std::function<void(UniqueFd socket, const SocketAddress& peer)>;

  struct Options {
    bool edge_triggered = false;
  };

  // `socket`: listening (net/listening_socket.h).
  Acceptor(EventLoop& loop, UniqueFd socket, const Options& options, Callback on_connection);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor();

  // Begins to accept. Until then connections wait in the backlog.
  void start();

  // Accepts every connection in the backlog. Call it last: closing a listener resets those that are still
  // waiting.
  void accept_backlog();

  void adjust(const ListenOptions& options) { net::adjust(socket_.get(), options); }

  [[nodiscard]] const SocketAddress& address() const { return address_; }

 private:
  [[nodiscard]] std::uint32_t interest() const;
  void on_ready(std::uint32_t events);
  [[nodiscard]] bool on_accepted(int result);
  void go_on();
  void pause(int error);

  EventLoop& loop_;
  Options options_;
  Callback on_connection_;
  UniqueFd socket_;
  SocketAddress address_;
  Channel channel_;
  RingSource* source_;  // Instead of the channel, on a loop with a ring; else nullptr.
  Timer resume_;
};

}  // namespace pollux::net
