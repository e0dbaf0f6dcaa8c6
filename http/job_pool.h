// Threads for handlers that have to wait: for a database, for a password to be hashed.
//
//   loop or worker                               a thread of the pool
//   --------------                               --------------------
//   handler.handle(exchange)
//     pool.run(exchange, ...)  ================> handler.answer(request)
//   the connection waits on its loop             later.respond() ----> wakes the connection
//
// A job is one kept exchange. Jobs are taken one at a time, so that a slow one holds nobody but itself. The
// queue is bounded in length and in time: whoever finds it full, or has waited in it for longer than the
// patience, gets 503 with Retry-After. So work of one kind costs another kind nothing but the processor, if
// each has a pool of its own.
//
// Thread: run() any; construction, end() and destruction one.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "http/handler.h"
#include "http/hosts.h"
#include "threadpool/thread_pool.h"

namespace pollux::http {

struct JobPoolOptions {
  std::string name;  // Of the threads, in ps and gdb.
  std::size_t threads = 8;
  std::size_t queue = 64;       // Jobs that wait for a thread.
  milliseconds patience{1000};  // For how long.
  ThreadPool::Gauges gauges = ThreadPool::kBlockingGauges;
};

class JobPool {
 public:
  // `hosts`, whose error pages it uses, and `clock` must outlive it. Throws std::system_error when a thread
  // cannot be started.
  JobPool(const JobPoolOptions& options, const Hosts& hosts, const Clock& clock = Clock::system())
      : options_(options),
        hosts_(hosts),
        clock_(clock),
        pool_(std::in_place, options.name, options.threads,
              std::initializer_list<WorkClass>{{.capacity = options.queue, .max_taken = 1}}, options.gauges,
              clock) {}
  JobPool(const JobPool&) = delete;
  JobPool& operator=(const JobPool&) = delete;

  // Finishes what is queued and ends the threads. REQUIRES: run() is not called any more.
  void end() { pool_.reset(); }

  // Has `handler` answer the exchange on a thread that may wait. `handler` must be there until end().
  // Throws std::bad_alloc.
  void run(Exchange& exchange, AnsweringHandler& handler);

  // The same for work that is no exchange's. Dropped when the queue is full.
  void run(const Task& task) { (void)pool_->submit({&task, 1}); }

 private:
  struct Job;

  [[nodiscard]] Response refusal(const Request& request) const;

  const JobPoolOptions options_;
  const Hosts& hosts_;
  const Clock& clock_;
  std::optional<ThreadPool> pool_;  // std::nullopt: ended.
};

// A handler whose answer may have to wait: it is then made on a thread of a pool.
class JobHandler : public AnsweringHandler {
 public:
  void handle(Exchange& exchange) final;

 protected:
  // Where to wait for what answers this request; nullptr: answer() does not wait.
  [[nodiscard]] virtual JobPool* pool_for(const Request& request) const = 0;
};

}  // namespace pollux::http
