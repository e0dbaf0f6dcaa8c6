// Half-sync/half-reactive: a loop is told which connections are ready, and workers serve them.
//
// Both models below do the same, and not well. Mend them, so that
//
// - Proactor: the loop reads (on_ready), a worker serves; Reactor: a worker reads and serves;
// - nothing is submitted until the end of the batch, and then all of it by one submit(), in order;
// - a connection for which the queue has no room is refused on the loop, exactly once, and no other is. Its
//   octets are read before that: an edge is reported once, and whoever uses it up has to read.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void receive() = 0;  // Reads what has come.
  virtual void serve() = 0;    // Answers what was read.
  virtual void refuse() = 0;   // Answers 503.
};

class Pool {
 public:
  using Task = std::function<void()>;

  virtual ~Pool() = default;
  // Queues tasks for the workers in their order, and returns how many there was room for; the rest is the
  // caller's.
  virtual std::size_t submit(const std::vector<Task>& tasks) = 0;
};

class Reactor {
 public:
  explicit Reactor(Pool& pool) : pool_(pool) {}

  // The loop has an event for this connection.
  void on_ready(Connection& connection) {
    pool_.submit({[&connection] {
      connection.receive();
      connection.serve();
    }});
  }
  // The loop has told of everything that one epoll_wait(2) reported.
  void on_end_of_batch() {}

 private:
  Pool& pool_;
};

class Proactor {
 public:
  explicit Proactor(Pool& pool) : pool_(pool) {}

  void on_ready(Connection& connection) {
    pool_.submit({[&connection] {
      connection.receive();
      connection.serve();
    }});
  }
  void on_end_of_batch() {}

 private:
  Pool& pool_;
};
