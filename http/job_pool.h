// Threads for handlers that have to wait: for a database, or for a password hash.
//
//   loop or worker                               a thread of the pool
//   --------------                               --------------------
//   handler.handle(exchange)
//     pool.run(exchange, ...)  ================> handler.answer(request)
//   the connection waits on its loop             later.respond() ----> wakes the connection
//
// A job is one kept exchange. A thread takes one job at a time, so a slow job holds up no other. The queue is
// bounded in length and in time: a job that finds it full, or waits in it longer than the patience, gets 503
// with Retry-After. If each kind of work has its own pool, the kinds compete for the processor only.
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
  std::string name;  // The threads' name in ps and gdb.
  std::size_t threads = 8;
  std::size_t queue = 64;       // Maximum of jobs that wait for a thread.
  milliseconds patience{1000};  // Maximum of their wait.
  ThreadPool::Gauges gauges = ThreadPool::kBlockingGauges;
};

class JobPool {
 public:
  // `hosts`: their error pages are used. It and `clock` must outlive the pool. Throws std::system_error when
  // a thread cannot be started.
  JobPool(const JobPoolOptions& options, const Hosts& hosts, const Clock& clock = Clock::system())
      : options_(options),
        hosts_(hosts),
        clock_(clock),
        pool_(std::in_place, options.name, options.threads,
              std::initializer_list<WorkClass>{{.capacity = options.queue, .max_taken = 1}}, options.gauges,
              clock) {}
  JobPool(const JobPool&) = delete;
  JobPool& operator=(const JobPool&) = delete;

  // Finishes the queued jobs and ends the threads. REQUIRES: run() is not called any more.
  void end() { pool_.reset(); }

  // `handler` responds to the exchange on a thread that may wait. It must live until end(). Throws
  // std::bad_alloc.
  void run(Exchange& exchange, AnsweringHandler& handler);

  // The same for work without an exchange. It is dropped when the queue is full.
  void run(const Task& task) { (void)pool_->submit({&task, 1}); }

 private:
  struct Job;

  [[nodiscard]] Response refusal(const Request& request) const;

  const JobPoolOptions options_;
  const Hosts& hosts_;
  const Clock& clock_;
  std::optional<ThreadPool> pool_;  // std::nullopt: end() was called.
};

// A handler whose response may have to wait: it is then made on a thread of a pool.
class JobHandler : public AnsweringHandler {
 public:
  void handle(Exchange& exchange) final;

 protected:
  // The pool in which to make this response; nullptr: answer() does not wait.
  [[nodiscard]] virtual JobPool* pool_for(const Request& request) const = 0;
};

}  // namespace pollux::http
