#include "castor/worker.h"

#include <sys/epoll.h>

#include <algorithm>

namespace pollux::castor {

namespace {

constexpr std::chrono::milliseconds kLook{100};  // Between two looks at all clients.
constexpr std::size_t kFewClients = 512;
constexpr std::uint64_t kSeedStep = 0xd1342543de82ef95U;  // Odd, and far from small.

}  // namespace

Worker::Worker(const Plan& plan, std::size_t index)
    : plan_(plan),
      timer_(loop_),
      schedule_(plan.options, plan.times, {index, plan.threads}),
      accounting_(plan.options, plan.times, plan.series),
      tls_(plan.targets.https ? make_tls(plan.options) : nullptr,
           {.resume = plan.options.resume, .keep_buffers = schedule_.clients() <= kFewClients}),
      surroundings_{plan.options, *this, schedule_, accounting_, tls_},
      channels_(schedule_.clients()) {
  make_clients(index);
}

void Worker::make_clients(std::size_t index) {
  const auto& [origins, https, sources] = plan_.targets;
  pickers_.reserve(origins.size());
  for (const Origin& origin : origins) {
    // Threads and origins must not repeat each other's sequence.
    const std::uint64_t seed = plan_.options.seed + (index * origins.size() + pickers_.size()) * kSeedStep;
    pickers_.emplace_back(origin, plan_.options.random ? std::optional(seed) : std::nullopt);
  }
  clients_.reserve(schedule_.clients());
  for (Schedule::ClientId id = 0; id < schedule_.clients(); ++id) {
    const std::size_t number = id * plan_.threads + index;  // Among the clients of all threads.
    const net::SocketAddress* source = sources.empty() ? nullptr : &sources[number % sources.size()];
    const bool held = id >= schedule_.first_held();
    clients_.push_back(
        std::make_unique<Client>(surroundings_, id, pickers_[number % origins.size()], source, held));
  }
}

bool Worker::watch(int fd, Client& client) {
  auto& channel = channels_[client.id()];
  if (channel) retired_.push_back(std::move(channel));
  channel = net::Channel::make<&Client::on_socket>(fd, client);
  return loop_.try_add(*channel, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void Worker::run() {
  loop_.set_end_of_batch([this] { turn(); });
  loop_.wake();  // The first turn.
  loop_.run();
}

void Worker::turn() {
  retired_.clear();
  const TimePoint now = clock();
  if (now >= plan_.times.measure && !processor_.begun()) processor_.begin(now);
  call_waiting(now);
  while (const auto client = schedule_.take_free(now)) clients_[*client]->on_due(now);
  if (now >= next_look_) look_around(now);
  if (patience_) {
    schedule_.stop(now, *patience_);
  } else if (now >= plan_.times.end) {
    schedule_.stop(now);
  }
  accounting_.publish();
  if (schedule_.finished(now)) {
    finish();
  } else {
    timer_.wake_by(std::min(next_look_, schedule_.next_wake(now)), now);
  }
}

// Clients that begin, or begin again. Some come back at once (-f): they wait for the next iteration, so that
// this one ends.
void Worker::call_waiting(TimePoint now) {
  for (std::size_t left = schedule_.waiting(); left > 0; --left) {
    const auto client = schedule_.take_waiting(now);
    if (!client) return;
    clients_[*client]->on_turn(now);
  }
}

void Worker::look_around(TimePoint now) {
  next_look_ = now + kLook;
  for (const auto& client : clients_) client->check_time(now);
  count_held();
  accounting_.flush();  // For the live line.
}

void Worker::count_held() {
  const auto held =
      std::count_if(clients_.begin(), clients_.end(), [](const auto& client) { return client->holds(); });
  accounting_.held_open(static_cast<std::uint64_t>(held));
}

void Worker::finish() {
  const TimePoint now = clock();
  ended_ = std::max(now, plan_.times.measure);
  processor_.end(now);
  count_held();
  for (const auto& client : clients_) client->abandon(now);
  accounting_.scheduled(schedule_.due(), schedule_.missed());
  accounting_.flush();
  accounting_.publish();
  loop_.stop();
}

}  // namespace pollux::castor
