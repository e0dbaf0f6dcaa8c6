#include "server/pollers.h"

#include <fmt/format.h>

#include <cassert>
#include <exception>
#include <stdexcept>
#include <utility>

#include "log/logger.h"
#include "net/epoll_poller.h"
#include "net/ring_poller.h"
#include "server/concurrency_model.h"

namespace pollux::server {

namespace {

using Made = std::vector<std::unique_ptr<net::Poller>>;

std::size_t number_of(const ServerConfig& config) {
  return loops_of(config) + (config.accept == Accept::kThread ? 1 : 0);
}

Made rings(const ServerConfig& config) {
  Made made;
  while (made.size() < number_of(config))
    made.push_back(
        std::make_unique<net::RingPoller>(net::RingOptions{.receive_buffers = config.receive_buffers}));
  return made;
}

Made epolls(const ServerConfig& config) {
  Made made;
  while (made.size() < number_of(config)) made.push_back(std::make_unique<net::EpollPoller>());
  return made;
}

}  // namespace

Pollers::Pollers(const ServerConfig& config) : model_(config.model) {
  switch (model_) {
    case Model::kAuto: choose(config); break;
    case Model::kIoUring: insist_on_rings(config); break;
    case Model::kProactor:
    case Model::kReactor:
    case Model::kMultiReactor: left_ = epolls(config); break;
  }
}

void Pollers::choose(const ServerConfig& config) try {
  left_ = rings(config);
  model_ = Model::kIoUring;
  log::info("model = auto is io-uring");
} catch (const std::exception& error) {
  left_ = epolls(config);
  model_ = Model::kMultiReactor;
  log::info("model = auto is multi-reactor: {}", error.what());
}

void Pollers::insist_on_rings(const ServerConfig& config) try {
  left_ = rings(config);
} catch (const std::exception& error) {
  throw std::runtime_error(fmt::format(
      "server.model = io-uring: {}. Choose multi-reactor, or auto: io-uring where it is to be had",
      error.what()));
}

std::unique_ptr<net::Poller> Pollers::take() {
  assert(!left_.empty());
  std::unique_ptr<net::Poller> next = std::move(left_.back());
  left_.pop_back();
  return next;
}

}  // namespace pollux::server
