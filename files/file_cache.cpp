#include "files/file_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/metrics.h"
#include "base/trace.h"

namespace pollux::files {

namespace {

// Room for the largest file that is kept in memory with its variants, which together have as many octets at
// most, and for their objects (Resource::memory()).
constexpr std::uint64_t kLargest = 2 * FileVersion::kSnapshotLimit + 64UL * 1024;

// Failures under longer paths are not remembered. No site has such names, and a flood of very long paths
// would fill the cache with nothing else.
constexpr std::size_t kLongestFailure = 256;

// As many shards as threads may need, but each must be worth having: a small shard would drop entries while
// others are empty. A power of two.
std::size_t shards_for(const FileCache::Limits& limits) {
  std::size_t shards = 16;
  while (shards > 1 && (limits.entries / shards < 64 || limits.memory / shards < 2 * kLargest ||
                        limits.open_files / shards < 8)) {
    shards /= 2;
  }
  return shards;
}

bool is_worth_keeping(std::string_view path, const Resource& resource) {
  return resource.kind == Resource::Kind::kFile || path.size() <= kLongestFailure;
}

milliseconds fresh_for(const Resource& resource) {
  return resource.kind == Resource::Kind::kUnavailable ? FileCache::kUnavailableFresh : FileCache::kFresh;
}

}  // namespace

FileCache::FileCache(ResourceLoader loader, const Limits& limits)
    : loader_(std::move(loader)),
      shards_(shards_for(limits)),
      limits_{.entries = limits.entries / shards_.size(),
              .memory = std::max(limits.memory / shards_.size(), kLargest),
              .open_files = limits.open_files / shards_.size()} {}

std::shared_ptr<const Resource> FileCache::find(std::string_view path, TimePoint now) {
  const Wanted wanted{{path, hash_(path)}, loader_.generation(now), now};
  Shard& shard = shards_[wanted.key.hash & (shards_.size() - 1)];
  const Known known = look_up(shard, wanted);
  // A large file is on the disk and not in memory. If it is another version by now, the response would have
  // to be cut short, so one fstat(2) for a megabyte or more is well spent.
  const bool hit = known.fresh && known.resource->still_there();
  metrics::count(hit ? metrics::Counter::kCacheHits : metrics::Counter::kCacheMisses);
  if (hit) {
    trace::note("file cache", "hit");
    return known.resource;
  }
  trace::note("file cache", "{}", known.resource ? "known, but a look at the disk is due" : "miss");
  return load_once(shard, wanted, known);
}

FileCache::Usage FileCache::usage() {
  Usage usage;
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    usage.entries += shard.entries.size();
    usage.memory += shard.memory;
    usage.open_files += shard.open_files;
  }
  return usage;
}

void FileCache::clear() {
  for (Shard& shard : shards_) {
    Entries gone;  // Freed without the lock.
    const MutexLock lock(shard.mutex);
    gone.swap(shard.entries);
    shard.by_path.clear();
    shard.memory = 0;
    shard.open_files = 0;
  }
}

FileCache::Known FileCache::look_up(Shard& shard, const Wanted& wanted) {
  const MutexLock lock(shard.mutex);
  const auto at = shard.by_path.find(wanted.key);
  if (at == shard.by_path.end()) return {};
  if (at->second != shard.entries.begin())
    shard.entries.splice(shard.entries.begin(), shard.entries, at->second);
  Entry& entry = *at->second;
  if (entry.generation != wanted.generation) return {.resource = entry.resource, .of_old_site = true};
  const bool fresh = wanted.now - entry.checked < fresh_for(*entry.resource);
  if (!fresh) entry.checked = wanted.now;  // This thread checks; meanwhile other threads use the entry.
  return {.resource = entry.resource, .fresh = fresh};
}

FileCache::Found FileCache::load_once(Shard& shard, const Wanted& wanted, const Known& known) {
  const auto flight =
      std::make_shared<Flight>(Flight{.path = std::string(wanted.key.path), .generation = wanted.generation});
  {
    const MutexLock lock(shard.mutex);
    const auto at = shard.by_path.find(wanted.key);
    if (at != shard.by_path.end() && at->second->generation == wanted.generation &&
        at->second->resource != known.resource) {
      return at->second->resource;  // Another thread was faster.
    }
    if (Found found = join(shard, wanted)) return found;
    shard.flights.push_back(flight);
  }
  try {
    Found resource = load(wanted, known);
    land(shard, wanted, flight, resource);
    return resource;
  } catch (...) {
    land(shard, wanted, flight, nullptr);
    throw;
  }
}

// The result of the thread that is loading the path. nullptr: no thread is, or it failed.
FileCache::Found FileCache::join(Shard& shard, const Wanted& wanted) {
  const auto at = std::find_if(shard.flights.begin(), shard.flights.end(), [&wanted](const auto& flight) {
    return flight->generation == wanted.generation && flight->path == wanted.key.path;
  });
  if (at == shard.flights.end()) return nullptr;
  const std::shared_ptr<Flight> flight = *at;
  while (!flight->landed) shard.landed.wait(shard.mutex);
  return flight->resource;
}

FileCache::Found FileCache::load(const Wanted& wanted, const Known& known) const {
  Found resource = loader_.load(wanted.key.path, known.of_old_site ? nullptr : known.resource, wanted.now);
  // No descriptors, or a file that is being rewritten: a complete old version beats an error.
  const bool failed = resource->kind == Resource::Kind::kUnavailable;
  if (failed && known.resource && !known.of_old_site && known.resource->still_there()) return known.resource;
  return resource;
}

void FileCache::land(Shard& shard, const Wanted& wanted, const std::shared_ptr<Flight>& flight,
                     const Found& resource) {
  Entries gone;  // Freed after the lock is released: unmapping a megabyte takes time.
  const MutexLock lock(shard.mutex);
  flight->resource = resource;
  flight->landed = true;
  std::erase(shard.flights, flight);
  shard.landed.notify_all();
  if (resource) store(shard, wanted, resource, gone);
}

void FileCache::store(Shard& shard, const Wanted& wanted, const Found& resource, Entries& gone) {
  const auto at = shard.by_path.find(wanted.key);
  if (at != shard.by_path.end()) remove(shard, at->second, gone);
  if (!is_worth_keeping(wanted.key.path, *resource)) return;

  Entries fresh;
  fresh.push_back({.path = std::string(wanted.key.path),
                   .hash = wanted.key.hash,
                   .resource = resource,
                   .checked = wanted.now,
                   .generation = wanted.generation,
                   .memory = resource->memory() + wanted.key.path.size(),
                   .open_files = resource->open_files()});
  const Entry& entry = fresh.front();
  const auto [memory, open] = std::pair(entry.memory, entry.open_files);
  if (memory > limits_.memory || open > limits_.open_files) return;
  while (!shard.entries.empty() &&
         (shard.entries.size() >= limits_.entries || shard.memory + memory > limits_.memory ||
          shard.open_files + open > limits_.open_files)) {
    remove(shard, std::prev(shard.entries.end()), gone);
  }
  shard.by_path.emplace(entry.key(), fresh.begin());
  shard.entries.splice(shard.entries.begin(), fresh);
  shard.memory += memory;
  shard.open_files += open;
}

void FileCache::remove(Shard& shard, Entries::iterator entry, Entries& gone) {
  shard.memory -= entry->memory;
  shard.open_files -= entry->open_files;
  shard.by_path.erase(entry->key());
  gone.splice(gone.end(), shard.entries, entry);
}

}  // namespace pollux::files
