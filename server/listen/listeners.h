// The sockets that are listened on, and who accepts on them:
//
//   server.accept   accepts                   serves
//   loop            the first loop            the loops in turn
//   thread          a thread of its own       the loops in turn
//   reuseport       each loop, on a socket    the loop that has accepted
//                   of its own
//
// There is but one socket to each Unix socket's file, and sockets that were given (listening_sockets.h) can
// be fewer than the loops, or more: then the first loop accepts on all of them, and deals the clients out.
//
// Another configuration is prepared first, which binds what is new and may fail, and then put in force: each
// loop hands its new clients the new terms, begins to accept on what is new, and closes what is gone when it
// has accepted those who had connected by then.
//
// Does not own the loops, nor know what is spoken on a socket (server/listen/listener.h).
//
// Thread: prepare() any one, for it works on what make_way() has noted; the rest the main thread's, on its
// loop once that runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/acceptor.h"
#include "net/listening_socket.h"
#include "net/unix_listener.h"
#include "server/config/config.h"
#include "server/generation.h"
#include "server/listen/accept_thread.h"
#include "server/listen/listen_plan.h"
#include "server/listen/listener.h"
#include "server/listen/listening_sockets.h"
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
    std::vector<int> sockets;
    bool each_its_own = false;  // One for each loop. Otherwise the first thread that accepts has them all.
    std::string name;           // If it was given, what the service manager calls it.
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
  Listeners(const ServerConfig& config, ListeningSockets& store,
            const std::vector<std::unique_ptr<ServingLoop>>& loops, Pollers& pollers, Admit admit);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Returns what is open now. Where the configuration wants an address that includes another's which is to
  // go, both sockets have to allow it: those that are open do from now on, whatever becomes of the
  // configuration.
  [[nodiscard]] std::vector<Open> make_way(const Config& config) const;
  // Binds and listens where nobody does yet; clients wait. `now`: of make_way(). Throws std::exception with a
  // message for people. REQUIRES: the plan before is in force, or was thrown away.
  [[nodiscard]] Plan prepare(const Config& config, const std::vector<Open>& now);
  // On the main loop, once that runs: as a posted function.
  void put_in_force(Plan plan, const std::shared_ptr<const Generation>& generation);

  [[nodiscard]] const std::vector<Open>& open() const { return open_; }

  // Begins to accept. REQUIRES: no loop runs yet.
  void start();

  // The sockets, for a process that is to accept on them as well.
  struct Socket {
    int fd;  // Borrowed.
    std::string place;
    std::string name;
  };
  [[nodiscard]] std::vector<Socket> sockets() const;

  // Those that accept. What is posted to them runs when they have what was put in force before.
  [[nodiscard]] std::vector<net::EventLoop*> accepting_loops() const;

  // The loop of the thread that accepts; nullptr: there is none.
  [[nodiscard]] net::EventLoop* own_loop() const { return thread_ ? &thread_->loop() : nullptr; }

  // Another process accepts on them from now on, and has the files of Unix sockets. What is posted to the
  // loops from now on runs when they have stopped to accept; but for those with a ring, which have to wait
  // for the kernel. What it has accepted by then is served.
  void hand_over();

  // Accepts no more, nor deals out what was accepted.
  void stop();

 private:
  void close();

  // What the clients of an address find: another listener after a reload.
  struct Behind {
    std::shared_ptr<const Listener> listener;
  };
  // What one loop accepts on for an address.
  struct Door {
    // Shared with the callbacks of the acceptors: those take clients for a moment after the door has gone.
    std::shared_ptr<Behind> behind = std::make_shared<Behind>();
    std::vector<std::unique_ptr<net::Acceptor>> acceptors;
  };
  using Doors = std::map<std::size_t, Door>;  // By id.
  struct Update {
    std::size_t id;
    std::shared_ptr<const Listener> listener;
    std::vector<UniqueFd> sockets;  // None: they are there already, or another loop has them.
    bool each_its_own;              // As Open has it.
  };
  struct Updates {
    std::vector<Update> doors;  // All that will be.
    net::ListenOptions options;
  };

  [[nodiscard]] net::EventLoop& accepting_loop(std::size_t index) const;
  [[nodiscard]] std::vector<UniqueFd> open_sockets(Open& open, const Config& config,
                                                   const net::ListenOptions& options,
                                                   const std::vector<Open>& now) const;
  [[nodiscard]] std::vector<UniqueFd> bind(const Open& open, const net::ListenOptions& options,
                                           const std::vector<Open>& now) const;
  [[nodiscard]] static std::vector<UniqueFd> share_of(std::size_t index, const Open& open, Plan& plan);
  void update(std::size_t index, Updates& updates);
  void forget(std::size_t id, const std::vector<int>& sockets);
  void open_door(std::size_t index, Door& door, UniqueFd socket, bool each_its_own);
  [[nodiscard]] net::Acceptor::Callback to_loop(ServingLoop& serving,
                                                std::shared_ptr<const Behind> behind) const;
  [[nodiscard]] net::Acceptor::Callback to_loops_in_turn(std::shared_ptr<const Behind> behind);

  const ServerConfig& config_;
  ListeningSockets& store_;
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
