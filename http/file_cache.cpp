#include "http/file_cache.h"

#include <functional>

namespace pollux::http {

FileCache::Shard& FileCache::shard_of(std::string_view path) {
  return shards_[std::hash<std::string_view>()(path) % kShards];
}

std::shared_ptr<const Resource> FileCache::find(std::string_view path, TimePoint now) {
  Shard& shard = shard_of(path);
  const Found found = look_up(shard, path, now);
  // A large file is not in memory but on the disk. If it is another version by now, the answer would have to
  // be cut short, so one fstat(2) for a megabyte or more is well spent.
  if (found.fresh && found.resource->still_there()) return found.resource;

  auto resource = loader_.load(path, found.resource);
  // No descriptors, or a file in the midst of being rewritten: a version that is whole beats an error.
  if (resource->kind == Resource::Kind::kUnavailable && found.resource && found.resource->still_there()) {
    return found.resource;
  }
  if (resource != found.resource) store(shard, path, resource, now);
  return resource;
}

FileCache::Found FileCache::look_up(Shard& shard, std::string_view path, TimePoint now) {
  const MutexLock lock(shard.mutex);
  const auto at = shard.by_path.find(path);
  if (at == shard.by_path.end()) return {};
  if (at->second != shard.entries.begin())
    shard.entries.splice(shard.entries.begin(), shard.entries, at->second);
  Entry& entry = *at->second;
  const bool fresh = now - entry.checked < kFresh;
  if (!fresh) entry.checked = now;  // This thread looks; until it has, the others take what is there.
  return {entry.resource, fresh};
}

void FileCache::store(Shard& shard, std::string_view path, const std::shared_ptr<const Resource>& resource,
                      TimePoint now) {
  const MutexLock lock(shard.mutex);
  const auto at = shard.by_path.find(path);
  if (at != shard.by_path.end()) {
    const auto entry = at->second;
    shard.by_path.erase(at);
    count(*entry, false);
    shard.entries.erase(entry);
  }
  if (resource->kind == Resource::Kind::kUnavailable) return;
  shard.entries.push_front({std::string(path), resource, now});
  shard.by_path.emplace(shard.entries.front().path, shard.entries.begin());
  count(shard.entries.front(), true);
  while (over_limits() && !shard.entries.empty()) evict_last(shard);
}

void FileCache::evict_last(Shard& shard) {
  const Entry& last = shard.entries.back();
  count(last, false);
  shard.by_path.erase(last.path);
  shard.entries.pop_back();
}

bool FileCache::over_limits() const {
  return entries_.load(std::memory_order_relaxed) > limits_.entries ||
         memory_.load(std::memory_order_relaxed) > limits_.memory ||
         open_files_.load(std::memory_order_relaxed) > limits_.open_files;
}

void FileCache::count(const Entry& entry, bool added) {
  const std::uint64_t memory = entry.resource->memory() + entry.path.size();
  const bool open = entry.resource->file && !entry.resource->file->snapshot();
  if (added) {
    entries_.fetch_add(1, std::memory_order_relaxed);
    memory_.fetch_add(memory, std::memory_order_relaxed);
    if (open) open_files_.fetch_add(1, std::memory_order_relaxed);
  } else {
    entries_.fetch_sub(1, std::memory_order_relaxed);
    memory_.fetch_sub(memory, std::memory_order_relaxed);
    if (open) open_files_.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace pollux::http
