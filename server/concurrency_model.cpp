#include "server/concurrency_model.h"

#include <algorithm>
#include <thread>

#include "base/trace.h"

namespace pollux::server {

namespace {

void receive_and_serve(net::Connection& connection) {
  connection.receive();
  connection.serve();
}

}  // namespace

void Proactor::on_ready(net::Connection& connection) {
  connection.receive();
  lend<&net::Connection::serve>(connection);
}

void Reactor::on_ready(net::Connection& connection) { lend<&receive_and_serve>(connection); }

// --- With workers --------------------------------------------------------------------------------

PooledModel::PooledModel(net::EventLoop& loop, std::size_t workers, const QueueLimits& limits)
    : loop_(loop),
      patience_(limits.patience),
      pool_("worker", workers,
            {{.capacity = limits.capacity},
             // One at a time: next to what a handshake costs, a lock is nothing.
             {.capacity = limits.capacity, .share = (workers + 1) / 2, .max_taken = 1}}) {}

void PooledModel::lend(net::Connection& connection, const Task& task) {
  trace::note("queue", "for a worker, with all that this epoll_wait made ready");
  const Work work = connection.handshaking() ? kHandshakes : kRequests;
  Batch& batch = batches_[work];
  batch.tasks[batch.size++] = task;
  if (batch.size == batch.tasks.size()) submit(work);
}

void PooledModel::on_end_of_batch() {
  submit(kRequests);
  submit(kHandshakes);
}

void PooledModel::submit(Work work) {
  Batch& batch = batches_[work];
  if (batch.size == 0) return;
  const auto tasks = std::span(batch.tasks).first(batch.size);
  const std::size_t accepted = pool_.submit(tasks, work);
  for (const Task& task : tasks.subspan(accepted)) task.refuse();
  batch.size = 0;
}

// --- Without -------------------------------------------------------------------------------------

void MultiReactor::on_ready(net::Connection& connection) {
  connection.receive();
  if (!connection.handshaking()) return connection.serve();
  // Without EPOLLONESHOT events come while it waits here. They are lost, so it is read from once more.
  const auto deadline = loop_.now().steady + patience_;
  const auto task = Task::of<&receive_and_serve, &net::Connection::refuse>(connection, deadline);
  if (!handshakes_.push(task)) task.refuse();
}

void MultiReactor::on_end_of_batch() {
  handshakes_.run_for(kHandshakeSlice);
  if (!handshakes_.empty()) loop_.wake();  // It polls, but does not wait.
}

// --- Which ---------------------------------------------------------------------------------------

std::size_t or_cores(std::size_t threads) {
  return threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

std::unique_ptr<ConcurrencyModel> make_model(const Config& config, net::EventLoop& loop) {
  const QueueLimits limits{.capacity = config.limits.request_queue, .patience = config.timeouts.queue};
  const std::size_t workers = or_cores(config.server.workers);
  switch (config.server.model) {
    case Model::kProactor: return std::make_unique<Proactor>(loop, workers, limits);
    case Model::kReactor: return std::make_unique<Reactor>(loop, workers, limits);
    case Model::kMultiReactor:
    case Model::kIoUring:
    case Model::kAuto: break;
  }
  return std::make_unique<MultiReactor>(loop, limits);
}

}  // namespace pollux::server
