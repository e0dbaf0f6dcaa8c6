// Half-sync/half-reactive: a loop is told which connections are ready, and workers serve them.
//
// The two models share the batch. They differ in the thread that calls receive(), also where there is no
// room.
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

class PooledModel {
 public:
  explicit PooledModel(Pool& pool) : pool_(pool) {}

  void on_end_of_batch() {
    if (tasks_.empty()) return;
    const std::size_t accepted = pool_.submit(std::exchange(tasks_, {}));
    const std::vector<Pool::Task> refusals = std::exchange(refusals_, {});
    for (std::size_t i = accepted; i < refusals.size(); ++i) refusals[i]();
  }

 protected:
  void lend(Pool::Task task, Pool::Task refusal) {
    tasks_.push_back(std::move(task));
    refusals_.push_back(std::move(refusal));
  }

 private:
  Pool& pool_;
  std::vector<Pool::Task> tasks_;
  std::vector<Pool::Task> refusals_;  // What is done instead, one for each task.
};

class Reactor : public PooledModel {
 public:
  using PooledModel::PooledModel;

  void on_ready(Connection& connection) {
    lend(
        [&connection] {
          connection.receive();
          connection.serve();
        },
        [&connection] {
          connection.receive();
          connection.refuse();
        });
  }
};

class Proactor : public PooledModel {
 public:
  using PooledModel::PooledModel;

  void on_ready(Connection& connection) {
    connection.receive();
    lend([&connection] { connection.serve(); }, [&connection] { connection.refuse(); });
  }
};
