#include "server/concurrency_model.h"

#include <algorithm>
#include <span>
#include <thread>

namespace pollux::server {

namespace {

net::Connection& connection_of(void* object) { return *static_cast<net::Connection*>(object); }

}  // namespace

void Proactor::on_ready(net::Connection& connection) {
  connection.receive();
  lend(connection, [](void* object) { connection_of(object).serve(); });
}

void Reactor::on_ready(net::Connection& connection) {
  lend(connection, [](void* object) {
    connection_of(object).receive();
    connection_of(object).serve();
  });
}

void MultiReactor::on_ready(net::Connection& connection) {
  connection.receive();
  connection.serve();
}

void PooledModel::on_end_of_batch() {
  if (batch_.empty()) return;
  const std::size_t accepted = pool_.submit(batch_);
  for (const Task& task : std::span(batch_).subspan(accepted)) connection_of(task.object).refuse();
  batch_.clear();
}

std::size_t or_cores(std::size_t threads) {
  return threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

std::unique_ptr<ConcurrencyModel> make_model(const ServerConfig& config, std::size_t queue) {
  switch (config.model) {
    case Model::kProactor: return std::make_unique<Proactor>(or_cores(config.workers), queue);
    case Model::kReactor: return std::make_unique<Reactor>(or_cores(config.workers), queue);
    case Model::kMultiReactor: break;
  }
  return std::make_unique<MultiReactor>();
}

}  // namespace pollux::server
