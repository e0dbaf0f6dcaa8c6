// What a path of the site leads to, looked up once and ready to be sent many times.
//
// The entity tag is strong, so it must never name two contents (RFC 9110 8.8.1).
//  - Of a file kept in memory it is a hash of the octets, XXH3 of 64 bits, and the size. Dates do not count:
//    files whose dates are pinned (SOURCE_DATE_EPOCH, tar, rsync) are told apart, and all hosts
//    that serve the same site agree. Two given versions have the same tag by accident with a probability
//    of 2^-64, and a tag is only ever compared with those of the same path. The hash is not made to
//    withstand an enemy, but there is none here: who could make two versions collide is he who writes
//    both, and what he spoils is his own file.
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
#include "http/conditional.h"
#include "http/document_root.h"
#include "http/tick_wait.h"

namespace pollux::http {

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
  std::shared_ptr<const FileVersion> file;
  std::string etag;
  std::chrono::sys_seconds last_modified{};
  std::string type_fields;  // "Content-Type: …\r\n", maybe "Content-Encoding: …\r\n": lines ready to be sent.

  // All fields of a 200, Content-Length included; those that caches go by: Cache-Control, ETag and
  // Last-Modified; and these without Last-Modified, which the others have unless the file has no date
  // (Validators::has_date()).
  [[nodiscard]] std::string_view whole_fields(std::chrono::sys_seconds now) const;
  [[nodiscard]] std::string_view cache_fields(std::chrono::sys_seconds now) const;
  [[nodiscard]] std::string_view cache_fields_without_date() const;

  [[nodiscard]] Validators validators() const { return {etag, last_modified}; }
  [[nodiscard]] std::uint64_t memory() const;  // Octets, about.
  // false: a file that is read while it is sent has changed since it was loaded.
  [[nodiscard]] bool still_there() const { return !file || file->snapshot() || file->unchanged(); }
  // Whether a file of this status is certain to be the same version of the same file.
  [[nodiscard]] bool same_as(const struct stat& status) const;

  // Makes the header lines. `cache_control`: empty: without that field.
  // REQUIRES: file, etag, last_modified and type_fields are set.
  void prepare_fields(std::string_view cache_control);

 private:
  std::string fields_;               // type_fields, Accept-Ranges, Content-Length, then those for caches.
  std::size_t cache_fields_at_ = 0;  // In fields_.
  std::size_t date_at_ = 0;          // Of Last-Modified, which comes last.
};

class ResourceLoader {
 public:
  // `index`: the file names tried in a directory, in order. `cache_control`: of all files; empty: none.
  // Throws like DocumentRoot.
  ResourceLoader(const std::string& root, std::vector<std::string> index, std::string cache_control = {},
                 Sendfile sendfile = Sendfile::kOff)
      : site_(std::make_unique<Site>(root)),
        index_(std::move(index)),
        cache_control_(std::move(cache_control)),
        sendfile_(sendfile) {}

  // `path` is decoded and normalised (http/uri.h). Opens and reads, so it may block on the disk; for a large
  // file that has just been changed it may wait for a tick (http/tick_wait.h).
  // When the path still leads to the version `known` holds, that one is returned.
  // Thread: any.
  [[nodiscard]] std::shared_ptr<const Resource> load(std::string_view path,
                                                     const std::shared_ptr<const Resource>& known,
                                                     TimePoint now) const;

  // See DocumentRoot::generation(): what was loaded in an earlier one is of another site.
  // Thread: any.
  [[nodiscard]] std::uint64_t generation(TimePoint now) const { return site_->root.generation(now); }

  // See DocumentRoot::there(). Thread: any.
  [[nodiscard]] bool root_is_there(TimePoint now) const { return site_->root.there(now); }

 private:
  // Apart, so that a loader can be moved.
  struct Site {
    explicit Site(const std::string& directory) : root(directory) {}
    DocumentRoot root;
    TickWait ticks;
  };

  [[nodiscard]] std::shared_ptr<const Resource> make_file(std::shared_ptr<const FileVersion> file,
                                                          std::string_view name) const;
  [[nodiscard]] std::shared_ptr<const FileVersion> load_version(UniqueFd fd, std::int64_t size,
                                                                TimePoint now) const;

  std::unique_ptr<Site> site_;
  std::vector<std::string> index_;
  std::string cache_control_;
  Sendfile sendfile_;
};

}  // namespace pollux::http
