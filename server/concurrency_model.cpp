#include "server/concurrency_model.h"

#include <span>
#include <stdexcept>

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

void PooledModel::on_end_of_batch() {
  if (batch_.empty()) return;
  const std::size_t accepted = pool_.submit(batch_);
  for (const Task& task : std::span(batch_).subspan(accepted)) connection_of(task.object).refuse();
  batch_.clear();
}

std::unique_ptr<ConcurrencyModel> make_model(Model model, std::size_t workers, std::size_t queue) {
  switch (model) {
    case Model::kProactor: return std::make_unique<Proactor>(workers, queue);
    case Model::kReactor: return std::make_unique<Reactor>(workers, queue);
    case Model::kMultiReactor: break;
  }
  throw std::runtime_error("server.model = multi-reactor is not available in this version");
}

}  // namespace pollux::server
