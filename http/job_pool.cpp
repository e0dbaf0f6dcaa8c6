#include "http/job_pool.h"

#include <exception>
#include <memory>
#include <utility>

#include "log/throttle.h"

namespace pollux::http {

// Owned by the queue, as a task's object, and then by the thread that runs it.
struct JobPool::Job {
  JobPool& pool;
  Later later;
  AnsweringHandler& handler;

  static void run(void* object, Task::Turn turn) {
    const std::unique_ptr<Job> job(static_cast<Job*>(object));
    Response response;
    try {
      response = turn == Task::Turn::kInTime ? job->answer() : job->pool.refusal(job->later.request());
    } catch (const std::exception& error) {
      static log::Throttle throttle(10);
      throttle.log(log::Level::kError, "{} {}: {}", job->later.request().method_name,
                   job->later.request().target, error.what());
      return;  // Later responds with 500.
    } catch (...) {
      return;  // The same.
    }
    job->later.respond(std::move(response));
  }

  Response answer() {
    const trace::Scope scope(later.recording());
    trace::note("job", "a thread that may wait has it");
    return handler.answer(later.request(), pool.clock_.read());
  }
};

void JobPool::run(Exchange& exchange, AnsweringHandler& handler) {
  trace::note("job", "it goes to a thread that may wait for a database");
  const TimePoint deadline = exchange.now().steady + options_.patience;
  auto job = std::make_unique<Job>(Job{*this, exchange.keep(), handler});
  const Task task{&Job::run, job.get(), deadline};
  if (pool_->submit({&task, 1}) == 1) {
    (void)job.release();  // NOLINT(bugprone-unused-return-value): it is the queue's now.
  } else {
    job->later.respond(refusal(job->later.request()));
  }
}

Response JobPool::refusal(const Request& request) const {
  return hosts_.of(request).errors.unavailable(clock_.read());
}

void JobHandler::handle(Exchange& exchange) {
  if (JobPool* pool = pool_for(exchange.request())) return pool->run(exchange, *this);
  AnsweringHandler::handle(exchange);
}

}  // namespace pollux::http
