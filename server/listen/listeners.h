// The listening sockets, and the threads that accept on them:
//
//   server.accept   accepts                   serves
//   loop            the first loop            the loops in turn
//   thread          a thread of its own       the loops in turn
//   reuseport       each loop, on a socket    the loop that has accepted
//                   of its own
//
// With reuseport there are exceptions. A Unix socket's file has only one socket, and inherited sockets
// (listening_sockets.h) may be fewer or more than the loops: then the first loop accepts on all of them and
// deals the clients out.
//
// Another configuration is first prepared, which binds new sockets and may fail, and then put in force. From
// then on each loop gives new clients the new terms and accepts on new sockets. It closes sockets that are no
// longer configured, after it has accepted their backlog.
//
// Does not own the loops, and does not know the protocols of a socket (server/listen/listener.h).
//
// Thread: prepare() any one, as it works on the result of make_way(); the other methods the main thread's, on
// its loop once that runs.
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
  // Decides on an accepted client; std::nullopt: it was turned away. Called on the threads that accept.
  using Admit = std::function<std::optional<Arrival>(UniqueFd socket, const net::SocketAddress& peer,
                                                     const std::shared_ptr<const Listener>& listener)>;

  // An address with its sockets, which the loops own.
  struct Open {
    ListenAt at;
    std::size_t id = 0;          // Unique, and never used again.
    net::SocketAddress address;  // With the real port for port 0.
    std::vector<int> sockets;
    bool each_its_own = false;  // One socket per loop. Otherwise the first accepting thread has them all.
    std::string name;           // The service manager's name for it, if it was inherited.
    // A Unix socket's file. Shared by the open sockets and the plan for the next ones; the last owner removes
    // it.
    std::shared_ptr<net::UnixListener> file;
  };
  struct Plan {
    std::vector<Open> open;  // All sockets of the plan, in the order of the configuration.
    std::map<std::size_t, std::vector<UniqueFd>> fresh;  // By id: newly bound sockets.
    net::ListenOptions options;
  };

  // All arguments except `pollers` must outlive this. Throws std::exception with a message for people.
  Listeners(const ServerConfig& config, ListeningSockets& store,
            const std::vector<std::unique_ptr<ServingLoop>>& loops, Pollers& pollers, Admit admit);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Returns the open sockets. The configuration may want an address that overlaps with that of an open socket
  // which is to be closed; then both sockets must allow each other. The open ones do so from now on, even if
  // the configuration fails.
  [[nodiscard]] std::vector<Open> make_way(const Config& config) const;
  // Binds and listens at the new addresses; clients wait there. `now`: the result of make_way(). Throws
  // std::exception with a message for people. REQUIRES: the previous plan is in force, or was discarded.
  [[nodiscard]] Plan prepare(const Config& config, const std::vector<Open>& now);
  // Thread: the main loop's once it runs, as a posted function.
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

  // The loops that accept. A function posted to them runs after they have put earlier changes in force.
  [[nodiscard]] std::vector<net::EventLoop*> accepting_loops() const;

  // The loop of the thread that accepts; nullptr: there is none.
  [[nodiscard]] net::EventLoop* own_loop() const { return thread_ ? &thread_->loop() : nullptr; }

  // Another process accepts on the sockets from now on, and owns the files of Unix sockets. Functions posted
  // to the loops from now on run after these have stopped accepting, except on loops with a ring, which must
  // wait for the kernel. Clients accepted by then are served.
  void hand_over();

  // Stops accepting, and stops dealing out accepted clients.
  void stop();

 private:
  void close();

  // What an address leads to: another listener after a reload.
  struct Behind {
    std::shared_ptr<const Listener> listener;
  };
  // One loop's acceptors for an address.
  struct Door {
    // Shared with the callbacks of the acceptors, which may get clients for a moment after the door has gone.
    std::shared_ptr<Behind> behind = std::make_shared<Behind>();
    std::vector<std::unique_ptr<net::Acceptor>> acceptors;
  };
  using Doors = std::map<std::size_t, Door>;  // By id.
  struct Update {
    std::size_t id;
    std::shared_ptr<const Listener> listener;
    std::vector<UniqueFd> sockets;  // Empty: they exist already, or another loop has them.
    bool each_its_own;              // See Open.
  };
  struct Updates {
    std::vector<Update> doors;  // All doors of the plan.
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
  std::vector<Doors> doors_;   // For each accepting loop; only that loop uses its own once it runs.
  std::size_t next_loop_ = 0;  // For to_loops_in_turn(), on the accepting thread only.
};

}  // namespace pollux::server
