// Remembers what paths lead to, so that a request for a known path costs no open, stat or mmap; for a file
// too large to be kept in memory, one fstat.
//
// Failures are remembered, too. An entry is looked at again at most once a second, by one
// thread, while the others go on with what is known: a file that was replaced is served new a
// second later at most. Bounded by entries and by octets; the least recently used go first.
//
// Sharded by path, so that threads seldom meet at a lock, which is held for a look-up only:
// never while a file is opened or read.
//
// Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/resource.h"

namespace pollux::http {

class FileCache {
 public:
  struct Limits {
    std::size_t entries = 8192;
    std::uint64_t memory = 64 * 1024 * 1024;  // Octets.
    std::size_t open_files = 512;             // Large files keep a descriptor.
  };

  static constexpr milliseconds kFresh{1000};

  FileCache(ResourceLoader loader, const Limits& limits) : loader_(std::move(loader)), limits_(limits) {}
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  // Never nullptr. May read from the disk when the path is not known or was not looked at for a second.
  [[nodiscard]] std::shared_ptr<const Resource> find(std::string_view path, TimePoint now);

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<const Resource> resource;
    TimePoint checked;
  };
  using Entries = std::list<Entry>;  // Most recently used first.

  struct alignas(64) Shard {
    Mutex mutex;
    Entries entries GUARDED_BY(mutex);
    std::unordered_map<std::string_view, Entries::iterator> by_path GUARDED_BY(mutex);
  };
  static constexpr std::size_t kShards = 16;

  struct Found {
    std::shared_ptr<const Resource> resource;  // nullptr: the path is not known.
    bool fresh = false;
  };

  [[nodiscard]] Shard& shard_of(std::string_view path);
  [[nodiscard]] static Found look_up(Shard& shard, std::string_view path, TimePoint now);
  void store(Shard& shard, std::string_view path, const std::shared_ptr<const Resource>& resource,
             TimePoint now);
  void evict_last(Shard& shard) REQUIRES_LOCK(shard.mutex);
  [[nodiscard]] bool over_limits() const;
  void count(const Entry& entry, bool added);

  const ResourceLoader loader_;
  const Limits limits_;
  std::array<Shard, kShards> shards_;
  // Sums over all shards. Relaxed: bounds, which may be passed by a moment's worth of entries.
  std::atomic<std::size_t> entries_{0};
  std::atomic<std::uint64_t> memory_{0};
  std::atomic<std::size_t> open_files_{0};
};

}  // namespace pollux::http
