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
#include "net/listening_socket.h"
#include "net/ring_source.h"
#include "net/socket_address.h"

namespace pollux::net {

class Acceptor {
 public:
  // If it throws, that is logged, and the socket closed.
  using Callback = std::function<void(UniqueFd socket, const SocketAddress& peer)>;

  struct Options {
    bool edge_triggered = false;
  };

  // `socket` listens (net/listening_socket.h).
  Acceptor(EventLoop& loop, UniqueFd socket, const Options& options, Callback on_connection);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor();

  // Begins to accept; until then connections wait in the backlog.
  void start();

  // Accepts those who have connected by now, as the last act: a listener that is closed resets them.
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
  RingSource* source_;  // Of a loop with a ring, instead of the channel; else nullptr.
  Timer resume_;
};

}  // namespace pollux::net
