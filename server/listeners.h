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
// Another configuration is prepared first, which binds what is new and may fail, and then put in force: each
// loop learns what its new clients find, begins to accept on what is new, and closes what is gone when it has
// accepted those who had connected by then.
//
// Does not own the loops, nor know what is spoken on a socket (server/listener.h).
//
// Thread: prepare() any one; the rest the main thread's, on its loop once that runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "net/acceptor.h"
#include "net/listening_socket.h"
#include "net/unix_listener.h"
#include "server/accept_thread.h"
#include "server/config.h"
#include "server/generation.h"
#include "server/listen_plan.h"
#include "server/listener.h"
#include "server/pollers.h"
#include "server/serving_loop.h"

namespace pollux::server {

class Listeners {
 public:
  // What becomes of an accepted client; std::nullopt: it was turned away. Called on the threads that accept.
  using Admit = std::function<std::optional<Arrival>(UniqueFd socket, const net::SocketAddress& peer,
                                                     const std::shared_ptr<const Listener>& listener)>;

  // An address with its sockets, which the loops own.
  struct Open {
    ListenAt at;
    std::size_t id = 0;          // Of this one alone, for ever.
    net::SocketAddress address;  // With the real port for port 0.
    std::vector<int> sockets;    // One for each thread that accepts; of a Unix socket, one.
    // Of a Unix socket: its file. Shared by what is open and the plan of what will be; the last one removes
    // it.
    std::shared_ptr<net::UnixListener> file;
  };
  struct Plan {
    std::vector<Open> open;  // All that will be, in the order of the configuration.
    std::map<std::size_t, std::vector<UniqueFd>> fresh;  // By id: sockets that are bound for it.
    net::ListenOptions options;
  };

  // All but `pollers` must outlive this. Throws std::exception with a message for people.
  Listeners(const ServerConfig& config, const std::vector<std::unique_ptr<ServingLoop>>& loops,
            Pollers& pollers, Admit admit);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Binds and listens where nobody does yet; clients wait. Throws std::exception with a message for people,
  // and then nothing has changed. REQUIRES: the plan before is in force, or was thrown away.
  [[nodiscard]] Plan prepare(const Config& config);
  void put_in_force(Plan plan, const std::shared_ptr<const Generation>& generation);

  [[nodiscard]] const std::vector<Open>& open() const { return open_; }

  // Begins to accept. REQUIRES: no loop runs yet.
  void start();

  // Accepts no more. The loops close their sockets before what is posted to them from now on.
  void stop();

 private:
  // One socket of one loop. Its address is taken.
  struct Door {
    std::shared_ptr<const Listener> listener;
    std::unique_ptr<net::Acceptor> acceptor;
  };
  using Doors = std::map<std::size_t, Door>;  // By id.
  struct Update {
    std::size_t id;
    std::shared_ptr<const Listener> listener;
    UniqueFd socket;  // None: it is there already.
    bool alone;       // No other loop accepts from its address.
  };
  struct Updates {
    std::vector<Update> doors;  // All that will be.
    net::ListenOptions options;
  };

  [[nodiscard]] net::EventLoop& accepting_loop(std::size_t index) const;
  [[nodiscard]] std::vector<UniqueFd> bind(Open& open, const net::ListenOptions& options) const;
  [[nodiscard]] std::vector<UniqueFd> bind_file(Open& open, mode_t mode, int backlog) const;
  void make_way(const ListenAddress& where, const std::vector<ListenAt>& wanted) const;
  void update(std::size_t index, Updates& updates);
  void open_door(std::size_t index, Door& door, Update& update);
  [[nodiscard]] net::Acceptor::Callback to_loop(ServingLoop& serving, const Door& door) const;
  [[nodiscard]] net::Acceptor::Callback to_loops_in_turn(const Door& door);

  const ServerConfig& config_;
  const std::vector<std::unique_ptr<ServingLoop>>& loops_;
  const Admit admit_;
  std::unique_ptr<AcceptThread> thread_;  // nullptr: the loops accept.
  std::vector<Open> open_;
  std::size_t last_id_ = 0;
  bool started_ = false;
  std::vector<Doors> doors_;   // Of each loop that accepts, and once it runs, the loop's alone.
  std::size_t next_loop_ = 0;  // Of to_loops_in_turn(); the accepting thread's alone.
};

}  // namespace pollux::server
