// The division of work among threads: the same connection code on different schedules.
//
//                       proactor (simulated)  reactor    multi-reactor      io-uring (a true proactor)
//   waits               main loop             main loop  each of N loops    each of N loops
//   reads               main loop             worker     its loop           the kernel
//   parses, answers     worker                worker     its loop           its loop
//   writes              worker                worker     its loop           the kernel
//   asks for more       worker                worker     not needed: no     its loop, with all else that it
//                       (epoll_ctl)           (the same)   EPOLLONESHOT       has to ask the kernel for
//
// With epoll, the loop that accepts a connection tries its first read, see Connection::start. In a model with
// workers, a busy loop serves a share itself (PooledModel), and with `server.oneshot = off` no event is armed
// again.
//
// A model only decides on which thread a connection takes its steps (net/connection.h); the steps are the
// same in all models. Each serving loop has a model of its own.
//
// Handshakes must not hold up requests: a handshake costs as much as fifty small files, and a client can ask
// for thousands. So they are a class of work of their own, with half of the workers while requests wait. The
// multi-reactor and io-uring have no workers: there the loop does handshakes for kHandshakeSlice between two
// polls. Work that waits longer than `timeouts.queue` is refused: a request with 503, a handshake by closing
// its connection.
//
// Thread: the loop's, except for construction and destruction.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <span>

#include "net/connection.h"
#include "net/event_loop.h"
#include "server/config/config.h"
#include "threadpool/backlog.h"
#include "threadpool/thread_pool.h"

namespace pollux::server {

class ConcurrencyModel {
 public:
  ConcurrencyModel() = default;
  ConcurrencyModel(const ConcurrencyModel&) = delete;
  ConcurrencyModel& operator=(const ConcurrencyModel&) = delete;
  virtual ~ConcurrencyModel() = default;

  // The connection has events, and the model holds it until a step gives it back. Does not throw.
  virtual void on_ready(net::Connection& connection) = 0;

  // Called after the on_ready() calls of one epoll_wait. Does not throw.
  virtual void on_end_of_batch() = 0;

  // Sets the maximum wait for a thread from now on. Thread: the loop's.
  virtual void set_patience(milliseconds patience) = 0;
};

// The bounds on waiting for a thread.
struct QueueLimits {
  std::size_t capacity;  // Connections, for each class of work.
  milliseconds patience;
};

// Connections made ready by one epoll_wait go to the workers as one batch. A loop is busy if its iterations
// follow each other closely. A busy loop takes a worker's share of the queue itself ("caller runs"): waking a
// worker costs as much as serving several small pages. An idle loop hands all of them over.
//
// The thread that serves a connection also reads a file that is not in the cache. While the loop waits for a
// disk, it reads from no client. So a loop whose share took long hands everything over for a while.
class PooledModel : public ConcurrencyModel {
 public:
  PooledModel(net::EventLoop& loop, std::size_t workers, bool loop_serves, const QueueLimits& limits);

  void on_end_of_batch() override;
  void set_patience(milliseconds patience) override { patience_ = patience; }

 protected:
  template <auto Step, auto Refuse>
  void lend(net::Connection& connection) {
    const auto deadline = loop_.now().steady + patience_;
    lend(connection, Task::of<Step, Refuse>(connection, deadline));
  }

 private:
  enum Work : std::size_t { kRequests, kHandshakes };  // In the pool's order.

  // Submitted at the end of the loop's batch, or when it is full.
  struct Batch {
    std::array<Task, 256> tasks;
    std::size_t size = 0;
    bool some_left = false;  // After the loop's last share.

    [[nodiscard]] std::span<const Task> queued() const { return std::span(tasks).first(size); }
  };
  static constexpr milliseconds kBusy{1};  // A loop is busy if its turns are closer together.
  static constexpr milliseconds kSlowShare{5};
  static constexpr milliseconds kRest{100};  // After a slow share.

  void lend(net::Connection& connection, const Task& task);
  void submit(Work work);
  void submit_and_serve(Work work);
  static void refuse_beyond(std::size_t accepted, Batch& batch);  // And empties the batch.

  net::EventLoop& loop_;
  const bool loop_serves_;
  milliseconds patience_;
  std::array<Batch, 2> batches_;  // One per class of work.
  TimePoint last_turn_;
  TimePoint serves_from_;  // The loop takes no share earlier.
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

// The multi-reactor and io-uring: each loop serves its own connections, and more loops serve more of them.
// The two models differ in the loop's events (net/wire.h): an operation can be done, or has been done.
class LoopModel final : public ConcurrencyModel {
 public:
  static constexpr milliseconds kHandshakeSlice{2};

  // `clock`: measures the slice.
  LoopModel(net::EventLoop& loop, const QueueLimits& limits, const Clock& clock = Clock::system())
      : loop_(loop), patience_(limits.patience), handshakes_(limits.capacity, clock) {}
  ~LoopModel() override { handshakes_.refuse_all(); }

  void on_ready(net::Connection& connection) override;
  void on_end_of_batch() override;
  void set_patience(milliseconds patience) override { patience_ = patience; }

 private:
  net::EventLoop& loop_;
  milliseconds patience_;
  Backlog handshakes_;
};

// `threads`, or the number of the machine's cores for 0.
[[nodiscard]] std::size_t or_cores(std::size_t threads);

// The number of loops that the model has.
[[nodiscard]] std::size_t loops_of(const ServerConfig& config);

// Throws std::system_error when a thread cannot be started. REQUIRES: the model is not kAuto
// (Pollers::model()).
[[nodiscard]] std::unique_ptr<ConcurrencyModel> make_model(const Config& config, net::EventLoop& loop);

}  // namespace pollux::server
