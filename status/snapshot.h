// The server at one moment: what has been counted, and what stands where.
//
// Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "files/file_cache.h"

namespace pollux::status {

// What the server was told last, by its start or by a reload.
struct Configuration {
  std::uint64_t generation = 1;  // So many have been in force.
  std::size_t alive = 1;         // Of them; old ones have connections that began with them.
  bool reload_succeeded = true;  // The last one, if there was any.
  WallTime reloaded;             // When that was; at first, the start.
  WallTime since;                // When the one in force was read.
};

// Where it comes from; the functions may be called by any thread until the server has ended.
struct Sources {
  static constexpr const char* kNoTriggers = "none";

  std::string model;     // "proactor"
  std::string triggers;  // Of the listener and the connections: "lt/et"; kNoTriggers: it works by completion.
  std::string accept;    // "loop"
  TimePoint started;
  std::function<files::FileCache::Usage()> cache;
  std::function<bool()> draining;
  std::function<bool()> root_is_there;  // The directory of the site.
  std::function<Configuration()> configuration;
};

// A thread that serves.
struct ServingThread {
  using Seen = std::array<std::uint32_t, metrics::kNumberOf<metrics::Activity>>;

  std::string name;
  metrics::Activity now = metrics::Activity::kNone;
  std::optional<Seen> seen;  // How often it was found at what, if somebody has been looking.
};

struct Snapshot {
  const Sources* sources = nullptr;
  std::chrono::duration<double> uptime{0};
  bool draining = false;
  bool root_is_there = true;
  Configuration configuration;
  bool tracing = false;  // Somebody wants to see a request's way.
  files::FileCache::Usage cache;
  metrics::Metrics metrics;
  std::vector<ServingThread> threads;
};

// `sources` must outlive the snapshot.
[[nodiscard]] Snapshot take_snapshot(const Sources& sources);

[[nodiscard]] double unix_seconds(WallTime time);

[[nodiscard]] std::int64_t connections(const metrics::Metrics& metrics);  // That are open.
[[nodiscard]] std::uint64_t requests(const metrics::Metrics& metrics);
[[nodiscard]] const char* name_of(metrics::Activity activity);  // "waiting"

}  // namespace pollux::status
