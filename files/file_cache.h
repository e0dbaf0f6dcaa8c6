// A cache of what paths lead to: a request for a known path costs no open, stat or mmap. A file too large for
// memory costs one fstat, and the reading of a sample while it is being appended to.
//
// The cache also remembers failures, except those of very long paths. An entry is checked at most once a
// second (one that could not be loaded: ten times), by one thread, while other threads use the known result.
// So a replaced file is served new a second later at most, and so is a whole site, see
// DocumentRoot::generation(). One thread loads an unknown path, and other threads that ask for it wait: the
// same disk would not be faster for them.
//
// The cache is bounded by entries, octets and descriptors; the least recently used entries go first. It is
// sharded by path, so that threads seldom meet at a lock. A lock is held for a look-up only, never while a
// file is opened, read or freed. Each shard has its own part of the limits: a full shard takes nothing from
// another.
//
// Thread: any.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/keyed_hash.h"
#include "base/mutex.h"
#include "files/resource_loader.h"

namespace pollux::files {

class FileCache {
 public:
  struct Limits {
    std::size_t entries = 8192;
    // Octets. At least the size of the largest file kept in memory, with its variants; a lower value counts
    // as that.
    std::uint64_t memory = 64 * 1024 * 1024;
    std::size_t open_files = 512;  // Large files keep a descriptor.
  };

  static constexpr milliseconds kFresh{1000};
  static constexpr milliseconds kUnavailableFresh{100};

  FileCache(ResourceLoader loader, const Limits& limits);
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  struct Usage {
    std::size_t entries = 0;
    std::uint64_t memory = 0;  // Octets.
    std::size_t open_files = 0;
  };
  [[nodiscard]] Usage usage();

  // Whether the site's directory exists; checks at most once a second.
  [[nodiscard]] bool root_is_there(TimePoint now) const { return loader_.root_is_there(now); }

  [[nodiscard]] const DocumentRoot& root() const { return loader_.root(); }

  // Forgets all entries; paths are loaded again when they are asked for.
  void clear();

  // Never nullptr. May read from the disk if the path is unknown or was not checked for a second.
  [[nodiscard]] std::shared_ptr<const Resource> find(std::string_view path, TimePoint now);

 private:
  using Found = std::shared_ptr<const Resource>;

  // A path with its hash, which chooses the shard and then the bucket.
  struct Key {
    std::string_view path;
    std::uint64_t hash;
    bool operator==(const Key& other) const { return path == other.path; }
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };

  struct Entry {
    std::string path;
    std::uint64_t hash;
    Found resource;
    TimePoint checked;
    std::uint64_t generation;  // The document root's and the rules'.
    std::uint64_t memory;      // Counted when it was stored.
    std::size_t open_files;

    [[nodiscard]] Key key() const { return {path, hash}; }
  };
  using Entries = std::list<Entry>;  // Most recently used first.

  // A path that one thread is loading, and other threads may be waiting for. Guarded by the shard's mutex,
  // except the path.
  struct Flight {
    const std::string path;
    const std::uint64_t generation;
    bool landed = false;
    Found resource = nullptr;  // Still nullptr after landing: loading threw an exception.
  };

  struct alignas(64) Shard {
    Mutex mutex;
    Entries entries GUARDED_BY(mutex);
    std::unordered_map<Key, Entries::iterator, KeyHash> by_path GUARDED_BY(mutex);
    std::uint64_t memory GUARDED_BY(mutex) = 0;  // Of the entries.
    std::size_t open_files GUARDED_BY(mutex) = 0;
    std::vector<std::shared_ptr<Flight>> flights GUARDED_BY(mutex);  // At most one per thread.
    CondVar landed;
  };

  struct Wanted {
    Key key;
    std::uint64_t generation;
    TimePoint now;
  };
  struct Known {
    Found resource = nullptr;  // nullptr: the path is unknown.
    bool fresh = false;
    bool of_old_site = false;
  };

  [[nodiscard]] static Known look_up(Shard& shard, const Wanted& wanted);
  [[nodiscard]] Found load_once(Shard& shard, const Wanted& wanted, const Known& known);
  [[nodiscard]] static Found join(Shard& shard, const Wanted& wanted) REQUIRES_LOCK(shard.mutex);
  [[nodiscard]] Found load(const Wanted& wanted, const Known& known) const;
  void land(Shard& shard, const Wanted& wanted, const std::shared_ptr<Flight>& flight, const Found& resource);
  void store(Shard& shard, const Wanted& wanted, const Found& resource, Entries& gone)
      REQUIRES_LOCK(shard.mutex);
  static void remove(Shard& shard, Entries::iterator entry, Entries& gone) REQUIRES_LOCK(shard.mutex);

  const ResourceLoader loader_;
  const KeyedHash hash_;  // Clients choose the paths.
  std::vector<Shard> shards_;
  const Limits limits_;  // For each shard.
};

}  // namespace pollux::files
