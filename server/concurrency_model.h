// Which thread does what: the same connection code on different schedules.
//
//                       proactor (simulated)    reactor      multi-reactor
//   waits               main loop               main loop    each of N loops
//   reads               main loop               worker       its loop
//   parses, answers     worker                  worker       its loop
//   writes              worker                  worker       its loop
//   arms epoll again    worker                  worker       not needed: no EPOLLONESHOT
//
// (In all of them the loop that takes a new connection tries its first read, see Connection::start.)
//
// A model only decides on which thread a connection takes its steps (net/connection.h). What the steps
// do is the same in all of them. Each serving loop has one.
//
// Thread: on_ready() and on_end_of_batch() on the loop's.
#pragma once

#include <memory>
#include <vector>

#include "base/trace.h"
#include "net/connection.h"
#include "server/config.h"
#include "threadpool/thread_pool.h"

namespace pollux::server {

class ConcurrencyModel {
 public:
  ConcurrencyModel() = default;
  ConcurrencyModel(const ConcurrencyModel&) = delete;
  ConcurrencyModel& operator=(const ConcurrencyModel&) = delete;
  virtual ~ConcurrencyModel() = default;

  // The connection has events, and is in our hands until one of its steps gives it back.
  virtual void on_ready(net::Connection& connection) = 0;

  // One epoll_wait's worth of connections has been announced.
  virtual void on_end_of_batch() {}
};

// Connections made ready by one epoll_wait go to the workers as one batch.
class PooledModel : public ConcurrencyModel {
 public:
  PooledModel(std::size_t workers, std::size_t queue) : pool_("worker", workers, queue) {}

  void on_end_of_batch() override;

 protected:
  void lend(net::Connection& connection, void (*step)(void* connection)) {
    trace::note("queue", "for a worker, with all that this epoll_wait made ready");
    batch_.push_back({step, &connection});
  }

 private:
  std::vector<Task> batch_;
  ThreadPool pool_;
};

// "The operation is done": the loop has read, the worker finds the octets in the buffer.
class Proactor final : public PooledModel {
 public:
  using PooledModel::PooledModel;
  void on_ready(net::Connection& connection) override;
};

// "The operation can be done": the worker is told that the socket is readable, and reads.
class Reactor final : public PooledModel {
 public:
  using PooledModel::PooledModel;
  void on_ready(net::Connection& connection) override;
};

// One loop, one thread: the loop that is told does it all. What scales is the number of loops.
class MultiReactor final : public ConcurrencyModel {
 public:
  void on_ready(net::Connection& connection) override;
};

// The number itself, or that of the machine's cores for 0.
[[nodiscard]] std::size_t or_cores(std::size_t threads);

// `queue`: connections that may wait for a worker. Throws std::system_error when a thread cannot be started.
[[nodiscard]] std::unique_ptr<ConcurrencyModel> make_model(const ServerConfig& config, std::size_t queue);

}  // namespace pollux::server
