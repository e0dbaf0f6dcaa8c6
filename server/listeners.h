// The sockets that are listened on, and who accepts on them:
//
//   server.accept   accepts                   serves
//   loop            the first loop            the loops in turn
//   thread          a thread of its own       the loops in turn
//   reuseport       each loop, on a socket    the loop that has accepted
//                   of its own
//
// Sockets that were given (listening_sockets.h) can be fewer than the loops, or more: then the first loop
// accepts on all of them, and deals the clients out.
//
// Does not own the loops, nor know what is spoken on a socket (server/listener.h).
//
// Thread: the main thread's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/acceptor.h"
#include "server/accept_thread.h"
#include "server/config.h"
#include "server/listener.h"
#include "server/listening_sockets.h"
#include "server/serving_loop.h"

namespace pollux::server {

class Listeners {
 public:
  // What becomes of an accepted client; std::nullopt: it was turned away. Called on the threads that accept.
  using Admit = std::function<std::optional<Arrival>(UniqueFd socket, const net::SocketAddress& peer,
                                                     const Listener& listener)>;

  // All must outlive this. Throws std::exception with a message for people.
  Listeners(const ServerConfig& config, ListeningSockets& store,
            const std::vector<std::unique_ptr<ServingLoop>>& loops, Admit admit);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Listens; clients wait until start(). Returns the address, with the real port for port 0; std::nullopt:
  // another socket brings its clients. `listener` must outlive this. Throws std::exception with a message for
  // people.
  std::optional<net::SocketAddress> open(const NamedAddress& where, const Listener& listener);

  // Begins to accept. REQUIRES: no loop runs yet.
  void start();

  // The sockets, for a process that is to accept on them as well.
  struct Socket {
    int fd;  // Borrowed.
    std::string place;
    std::string name;
  };
  [[nodiscard]] const std::vector<Socket>& sockets() const { return sockets_; }

  // The loop of the thread that accepts; nullptr: there is none.
  [[nodiscard]] net::EventLoop* own_loop() const { return thread_ ? &thread_->loop() : nullptr; }

  // Begins to stop: the loops close their sockets before what is posted to them from now on. What the kernel
  // has accepted by then is served.
  void close();

  // Accepts no more, nor deals out what was accepted.
  void stop();

 private:
  [[nodiscard]] net::EventLoop& accepting_loop(std::size_t index) const;
  [[nodiscard]] net::Acceptor::Callback to_loop(ServingLoop& serving, const Listener& listener) const;
  [[nodiscard]] net::Acceptor::Callback to_loops_in_turn(const Listener& listener);

  const ServerConfig& config_;
  ListeningSockets& store_;
  const std::vector<std::unique_ptr<ServingLoop>>& loops_;
  const Admit admit_;
  std::unique_ptr<AcceptThread> thread_;  // nullptr: the loops accept.
  // Of each loop that accepts, and once it runs, the loop's alone.
  std::vector<std::vector<std::unique_ptr<net::Acceptor>>> acceptors_;
  std::vector<Socket> sockets_;  // Those that are open.
  std::size_t next_loop_ = 0;    // Of to_loops_in_turn(); the accepting thread's alone.
};

}  // namespace pollux::server
