#include "server/generations.h"

#include <utility>

namespace pollux::server {

Generations::~Generations() {
  std::shared_ptr<Generation> last;
  {
    const MutexLock lock(mutex_);
    last.swap(in_force_);
  }
  last.reset();
  (void)destroy_ended();
}

std::shared_ptr<Generation> Generations::make(const Config& config, std::unique_ptr<const TlsIdentity> tls,
                                              const Lasting& lasting, std::size_t open_files) {
  auto made = std::make_unique<Generation>(config, std::move(tls), lasting, open_files,
                                           [this](ListenerKind kind) { return listener(kind); });
  size_.fetch_add(1, std::memory_order_relaxed);
  return {made.release(), [this](Generation* ended) { end(ended); }};
}

std::shared_ptr<Generation> Generations::put_in_force(std::shared_ptr<Generation> generation) {
  const MutexLock lock(mutex_);
  std::erase_if(alive_, [](const auto& known) { return known.expired(); });
  alive_.push_back(generation);
  in_force_.swap(generation);
  number_.fetch_add(1, std::memory_order_relaxed);
  if (generation) generation->retire();
  return generation;
}

std::shared_ptr<Generation> Generations::in_force() const {
  const MutexLock lock(mutex_);
  return in_force_;
}

std::shared_ptr<const Listener> Generations::listener(ListenerKind kind) const {
  std::shared_ptr<Generation> generation = in_force();
  if (generation == nullptr) return nullptr;
  const Listener& listener = generation->listener(kind);
  return {std::move(generation), &listener};
}

void Generations::drain() {
  for (const auto& generation : alive()) generation->drain();
}

void Generations::drain_beyond(std::size_t kept) {
  const auto oldest_first = alive();
  for (std::size_t i = 0; i + kept + 1 < oldest_first.size(); ++i) oldest_first[i]->drain();
}

std::vector<std::shared_ptr<Generation>> Generations::alive() const {
  std::vector<std::shared_ptr<Generation>> alive;
  const MutexLock lock(mutex_);
  for (const auto& known : alive_) {
    if (auto generation = known.lock()) alive.push_back(std::move(generation));
  }
  return alive;
}

void Generations::end(Generation* generation) {
  {
    const MutexLock lock(mutex_);
    generation->next_ended_ = std::exchange(ended_, generation);
  }
  on_ended_();
}

std::size_t Generations::destroy_ended() {
  Generation* list = nullptr;
  {
    const MutexLock lock(mutex_);
    std::swap(list, ended_);
  }
  std::size_t count = 0;
  for (; list != nullptr; ++count) {
    const std::unique_ptr<Generation> ended(std::exchange(list, list->next_ended_));
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
  return count;
}

}  // namespace pollux::server
