#include "server/sites/status_sources.h"

#include <cassert>
#include <chrono>
#include <string>

namespace pollux::server {

namespace {

const char* name_of(Model model) {
  switch (model) {
    case Model::kProactor: return "proactor";
    case Model::kReactor: return "reactor";
    case Model::kIoUring: return "io-uring";
    case Model::kMultiReactor: break;
    case Model::kAuto: assert(false); break;
  }
  return "multi-reactor";
}

const char* name_of(Accept accept) {
  switch (accept) {
    case Accept::kLoop: return "loop";
    case Accept::kThread: return "thread";
    case Accept::kReuseport: break;
  }
  return "reuseport";
}

const char* name_of(Trigger trigger) { return trigger == Trigger::kEdge ? "et" : "lt"; }

std::string triggers_of(const ServerConfig& config) {
  if (config.model == Model::kIoUring) return status::Sources::kNoTriggers;
  return std::string(name_of(config.listen_trigger)) + "/" + name_of(config.conn_trigger);
}

status::Configuration describe(const Generations& generations, const ReloadRecord& reloads) {
  const ReloadRecord::Times times = reloads.times();
  return {.generation = generations.number(),
          .alive = generations.size(),
          .reload_succeeded = times.succeeded,
          .reloaded = times.last,
          .since = times.since};
}

}  // namespace

void ReloadRecord::note(bool succeeded) {
  const MutexLock lock(mutex_);
  times_.succeeded = succeeded;
  times_.last = std::chrono::system_clock::now();
  if (succeeded) times_.since = times_.last;
}

ReloadRecord::Times ReloadRecord::times() const {
  const MutexLock lock(mutex_);
  return times_;
}

status::Sources make_sources(const ServerConfig& config, const Generations& generations,
                             const ReloadRecord& reloads, const std::atomic<bool>& draining) {
  return {.model = name_of(config.model),
          .triggers = triggers_of(config),
          .accept = name_of(config.accept),
          .started = std::chrono::steady_clock::now(),
          .cache =
              [&generations] {
                const auto now = generations.in_force();
                return now ? now->cache_usage() : files::FileCache::Usage();
              },
          .draining = [&draining] { return draining.load(std::memory_order_relaxed); },
          .root_is_there =
              [&generations] {
                const auto now = generations.in_force();
                return now == nullptr || now->roots_are_there(std::chrono::steady_clock::now());
              },
          .configuration = [&generations, &reloads] { return describe(generations, reloads); }};
}

}  // namespace pollux::server
