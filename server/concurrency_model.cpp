#include "server/concurrency_model.h"

#include <algorithm>
#include <cassert>
#include <thread>

#include "base/trace.h"

namespace pollux::server {

namespace {

void receive_and_serve(net::Connection& connection) {
  connection.receive();
  connection.serve();
}

// An edge is reported once, so its input is received even if it is not served.
void receive_and_refuse(net::Connection& connection) {
  connection.receive();
  connection.refuse();
}

}  // namespace

void Proactor::on_ready(net::Connection& connection) {
  connection.receive();
  lend<&net::Connection::serve, &net::Connection::refuse>(connection);
}

void Reactor::on_ready(net::Connection& connection) {
  lend<&receive_and_serve, &receive_and_refuse>(connection);
}

// --- With workers --------------------------------------------------------------------------------

PooledModel::PooledModel(net::EventLoop& loop, std::size_t workers, bool loop_serves,
                         const QueueLimits& limits)
    : loop_(loop),
      loop_serves_(loop_serves),
      patience_(limits.patience),
      pool_("worker", workers,
            {{.capacity = limits.capacity},
             // One at a time: compared with a handshake, a lock costs nothing.
             {.capacity = limits.capacity, .share = (workers + 1) / 2, .max_taken = 1}}) {}

void PooledModel::lend(net::Connection& connection, const Task& task) {
  trace::note("queue", "for a worker or a busy loop, with all that this epoll_wait made ready");
  const Work work = connection.handshaking() ? kHandshakes : kRequests;
  Batch& batch = batches_[work];
  batch.tasks[batch.size++] = task;
  if (batch.size == batch.tasks.size()) submit(work);
}

void PooledModel::on_end_of_batch() {
  const TimePoint last_turn = std::exchange(last_turn_, loop_.now().steady);
  const bool busy = last_turn_ - last_turn < kBusy;
  const bool serves = loop_serves_ && busy && last_turn_ >= serves_from_;
  for (const Work work : {kRequests, kHandshakes}) {
    if (serves) {
      submit_and_serve(work);
    } else {
      submit(work);
    }
  }
}

void PooledModel::submit(Work work) {
  Batch& batch = batches_[work];
  if (batch.size > 0) refuse_beyond(pool_.submit(batch.queued(), work), batch);
}

void PooledModel::submit_and_serve(Work work) {
  Batch& batch = batches_[work];
  if (batch.size == 0 && !batch.some_left) return;
  std::array<Task, WorkClass::kMaxTaken> own;
  const ThreadPool::Share share = pool_.submit_and_share(batch.queued(), own, work);
  refuse_beyond(share.accepted, batch);
  batch.some_left = share.left > 0;
  if (batch.some_left) loop_.poll_next();
  const TimePoint now = loop_.clock().read_steady();
  for (const Task& task : std::span(own).first(share.own)) task.run(now);
  const TimePoint end = loop_.clock().read_steady();
  if (end - now > kSlowShare) serves_from_ = end + kRest;
}

void PooledModel::refuse_beyond(std::size_t accepted, Batch& batch) {
  for (const Task& task : batch.queued().subspan(accepted)) task.refuse();
  batch.size = 0;
}

// --- Without -------------------------------------------------------------------------------------

void LoopModel::on_ready(net::Connection& connection) {
  connection.receive();
  if (!connection.handshaking()) return connection.serve();
  // Without EPOLLONESHOT, events arrive while it waits here. They are lost, so the task reads once more.
  const auto deadline = loop_.now().steady + patience_;
  const auto task = Task::of<&receive_and_serve, &net::Connection::refuse>(connection, deadline);
  if (!handshakes_.push(task)) task.refuse();
}

void LoopModel::on_end_of_batch() {
  handshakes_.run_for(kHandshakeSlice);
  if (!handshakes_.empty()) loop_.poll_next();
}

// --- Which ---------------------------------------------------------------------------------------

std::size_t or_cores(std::size_t threads) {
  return threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

std::size_t loops_of(const ServerConfig& config) {
  return serves_in_loops(config.model) ? or_cores(config.loops) : 1;
}

std::size_t workers_of(const ServerConfig& config) {
  if (config.workers != 0 || !config.loop_serves) return or_cores(config.workers);
  return std::max<std::size_t>(1, or_cores(0) - 1);  // The loop serves like a worker.
}

std::unique_ptr<ConcurrencyModel> make_model(const Config& config, net::EventLoop& loop) {
  const QueueLimits limits{.capacity = config.limits.request_queue, .patience = config.timeouts.queue};
  const std::size_t workers = workers_of(config.server);
  const bool loop_serves = config.server.loop_serves;
  switch (config.server.model) {
    case Model::kProactor: return std::make_unique<Proactor>(loop, workers, loop_serves, limits);
    case Model::kReactor: return std::make_unique<Reactor>(loop, workers, loop_serves, limits);
    case Model::kMultiReactor:
    case Model::kIoUring: break;
    case Model::kAuto: assert(false); break;
  }
  return std::make_unique<LoopModel>(loop, limits);
}

}  // namespace pollux::server
