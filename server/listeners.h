// The sockets that are listened on, and who accepts on them:
//
//   server.accept   accepts                   serves
//   loop            the first loop            the loops in turn
//   thread          a thread of its own       the loops in turn
//   reuseport       each loop, on a socket    the loop that has accepted
//                   of its own
//
// There is but one socket to each Unix socket's file, so with several loops its clients are always served in
// turn.
//
// Does not own the loops, nor know what is spoken on a socket (server/listener.h).
//
// Thread: the main thread's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "net/acceptor.h"
#include "net/unix_listener.h"
#include "server/accept_thread.h"
#include "server/config.h"
#include "server/listener.h"
#include "server/serving_loop.h"

namespace pollux::server {

class Listeners {
 public:
  // What becomes of an accepted client; std::nullopt: it was turned away. Called on the threads that accept.
  using Admit = std::function<std::optional<Arrival>(UniqueFd socket, const net::SocketAddress& peer,
                                                     const Listener& listener)>;

  // All must outlive this. Throws std::exception with a message for people.
  Listeners(const ServerConfig& config, const std::vector<std::unique_ptr<ServingLoop>>& loops, Admit admit);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Binds and listens; clients wait until start(). Returns the address, with the real port for port 0; of a
  // Unix socket, no path.
  // `listener` must outlive this. Throws std::exception with a message for people.
  net::SocketAddress open(const ListenAddress& where, const Listener& listener);

  // Begins to accept. REQUIRES: no loop runs yet.
  void start();

  // Accepts no more. The loops close their sockets before what is posted to them from now on.
  void stop();

 private:
  net::SocketAddress open_unix(const ListenAddress& where, const Listener& listener);
  void accept_on(std::size_t index, UniqueFd socket, net::Acceptor::Callback callback);
  [[nodiscard]] net::EventLoop& accepting_loop(std::size_t index) const;
  [[nodiscard]] net::Acceptor::Callback to_loop(ServingLoop& serving, const Listener& listener) const;
  [[nodiscard]] net::Acceptor::Callback to_loops_in_turn(const Listener& listener);

  const ServerConfig& config_;
  const std::vector<std::unique_ptr<ServingLoop>>& loops_;
  const Admit admit_;
  std::unique_ptr<AcceptThread> thread_;  // nullptr: the loops accept.
  // Of each loop that accepts, and once it runs, the loop's alone.
  std::vector<std::vector<std::unique_ptr<net::Acceptor>>> acceptors_;
  std::vector<std::unique_ptr<net::UnixListener>> unix_;  // Their files.
  std::size_t next_loop_ = 0;  // Of to_loops_in_turn(); the accepting thread's alone.
};

}  // namespace pollux::server
