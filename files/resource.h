// The resource at a path of the site, looked up once and ready to be sent many times.
//
// The entity tag is strong, so it must never name two contents (RFC 9110 8.8.1).
//  - Of a file kept in memory it is a hash of the octets, XXH3 of 64 bits, and the size. Dates do not count:
//    files whose dates are pinned (SOURCE_DATE_EPOCH, tar, rsync) are told apart, and all hosts
//    that serve the same site agree. Two given versions have the same tag by accident with a probability
//    of 2^-64, and a tag is only ever compared with those of the same path. The hash is not made to
//    withstand an enemy, but there is none here: only the author of both versions could make them collide,
//    and would spoil a file of their own.
//  - A large file is not read for that. Its tag is made of inode number, change time, modification time and
//    size: the change time cannot be pinned, and files that took each other's place have
//    different numbers. It is hashed, because inode numbers are nobody's business. Another host, or a copy of
//    the file, has another tag; so has the file itself after a chmod. That costs a download, no octet.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_version.h"
#include "base/sendfile.h"
#include "compress/coding.h"
#include "files/conditional.h"
#include "files/document_root.h"
#include "files/file_head.h"
#include "files/file_rules.h"
#include "files/tick_wait.h"
#include "files/type_table.h"
#include "files/variants.h"

namespace pollux::files {

struct Resource {
  enum class Kind : std::uint8_t {
    kFile,
    kDirectory,    // Asked for without its slash: redirect.
    kMissing,      // 404.
    kForbidden,    // 403: no permission, or a symbolic link out of the site.
    kUnavailable,  // 503: no descriptors, a read error, or a file that is being changed all the time.
  };
  Kind kind = Kind::kMissing;

  // Of kFile:
  std::string path;  // The file's own on the site: that of an index, where a directory was asked for.
  std::shared_ptr<const FileVersion> file;
  std::string etag;
  std::chrono::sys_seconds last_modified{};
  FileHead head;              // As the site's rules want it.
  std::string own_lines;      // The same without the rules, in any order.
  bool may_differ = false;    // The rules are to be asked about each request for it.
  bool has_variants = false;  // Or could have: what it answers depends on Accept-Encoding.
  bool made = false;          // A variant that no file stands behind.
  mutable Variants variants;

  [[nodiscard]] Validators validators() const { return {etag, last_modified}; }
  // Octets, about, and of a file that could have variants the most that they may have.
  [[nodiscard]] std::uint64_t memory() const;
  [[nodiscard]] std::size_t open_files() const;  // Descriptors it keeps, variants included.
  // false: a file that is read while it is sent has changed since it was loaded.
  [[nodiscard]] bool still_there() const { return !file || file->snapshot() || file->unchanged(); }
  // Whether a file of this status is certain to be the same version of the same file.
  [[nodiscard]] bool same_as(const struct stat& status) const;
};

// "/a.js" of "/a.js.br": the file whose compressed sibling would have this path; `path` itself if it is no
// such.
[[nodiscard]] std::string_view plain_path(std::string_view path);

// The same file in another coding: `content`, which may be made of the file or stand beside it. Lines and tag
// are its own. REQUIRES: `of` is a file.
[[nodiscard]] std::unique_ptr<const Resource> make_variant(const Resource& of, compress::Coding coding,
                                                           std::shared_ptr<const FileVersion> content);

// The same from octets that were made of the file. nullptr: the variants would have more octets than the file
// has.
[[nodiscard]] std::unique_ptr<const Resource> make_variant(const Resource& of, compress::Coding coding,
                                                           std::string octets);

struct ResourceOptions {
  std::vector<std::string> index = {};  // File names tried in a directory, in order.
  std::string cache_control = {};       // Of all files; empty: none.
  bool precompressed = false;  // Variants are looked for beside the file: NAME.br, NAME.zst, NAME.gz.
  bool compress = false;       // Variants will be made.
  Sendfile sendfile = Sendfile::kOff;
  const TypeTable* types = nullptr;  // nullptr: the built-in one. Must outlive the loader.
  FileRules* rules = nullptr;        // nullptr: there are none. Must outlive the loader.
};

class ResourceLoader {
 public:
  // Throws like DocumentRoot.
  ResourceLoader(const std::string& root, ResourceOptions options)
      : site_(std::make_unique<Site>(root, options.rules)), options_(std::move(options)) {}

  // `path` is decoded and normalised (http/uri.h). Opens and reads, so it may block on the disk; for a large
  // file that has just been changed it may wait for a tick (files/tick_wait.h).
  // When the path still leads to the version `known` holds, that one is returned.
  // Thread: any.
  [[nodiscard]] std::shared_ptr<const Resource> load(std::string_view path,
                                                     const std::shared_ptr<const Resource>& known,
                                                     TimePoint now) const;

  // What was loaded in an earlier one is of another site (DocumentRoot::generation()) or by other rules.
  // Thread: any.
  [[nodiscard]] std::uint64_t generation(TimePoint now) const {
    const std::uint64_t of_root = site_->root.generation(now);  // It looks at the rules, too.
    return of_root + (options_.rules == nullptr ? 0 : options_.rules->generation());
  }

  // See DocumentRoot::there(). Thread: any.
  [[nodiscard]] bool root_is_there(TimePoint now) const { return site_->root.there(now); }

  [[nodiscard]] const DocumentRoot& root() const { return site_->root; }

 private:
  // Apart, so that a loader can be moved.
  struct Site {
    Site(const std::string& directory, FileRules* rules) : root(directory, rules) {}
    DocumentRoot root;
    TickWait ticks;
  };

  // A file that was found, and its status.
  struct Found {
    std::string path;  // Of the file itself.
    UniqueFd fd;
    struct stat status;
  };
  [[nodiscard]] Resource::Kind find(std::string_view path, Found& found) const;
  [[nodiscard]] std::shared_ptr<const Resource> make_file(std::string_view path, Found& found,
                                                          TimePoint now) const;

  // A variant beside a file. No descriptor: there is none that counts.
  struct Sibling {
    UniqueFd fd;
    struct stat status;
    bool older = false;  // Than its file.
  };
  [[nodiscard]] Sibling open_sibling(const std::string& path, compress::Coding coding,
                                     const struct stat& of) const;
  void add_siblings(Resource& resource, const Found& found, TimePoint now) const;
  [[nodiscard]] bool siblings_changed(const Resource& known, const std::string& path) const;
  [[nodiscard]] std::shared_ptr<const FileVersion> load_version(UniqueFd fd, std::int64_t size,
                                                                TimePoint now) const;

  std::unique_ptr<Site> site_;
  const ResourceOptions options_;
};

}  // namespace pollux::files
