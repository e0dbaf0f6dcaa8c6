// The resource at a path of the site, looked up once and sent many times.
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

#include "base/file_version.h"
#include "compress/coding.h"
#include "files/conditional.h"
#include "files/file_head.h"
#include "files/variants.h"

namespace pollux::files {

struct Resource {
  enum class Kind : std::uint8_t {
    kFile,
    kDirectory,    // Asked for without its slash: redirect.
    kMissing,      // 404.
    kForbidden,    // 403: no permission, or a symbolic link out of the site.
    kUnavailable,  // 503: no descriptors, a read error, or a file that keeps changing.
  };
  Kind kind = Kind::kMissing;

  // With kFile:
  std::string path;  // The file's own path on the site: that of the index, if a directory was asked for.
  std::shared_ptr<const FileVersion> file;
  std::string etag;
  std::chrono::sys_seconds last_modified{};
  FileHead head;              // By the site's rules.
  std::string own_lines;      // The same without the rules, in any order.
  bool may_differ = false;    // Each request for it must be checked against the rules.
  bool has_variants = false;  // Or may have: its responses depend on Accept-Encoding.
  bool made = false;          // A variant without a file behind it.
  mutable Variants variants;

  [[nodiscard]] Validators validators() const { return {etag, last_modified}; }
  // Octets, approximately. A file that may have variants counts their maximum.
  [[nodiscard]] std::uint64_t memory() const;
  [[nodiscard]] std::size_t open_files() const;  // Descriptors it keeps open, variants included.
  // false: a file that is read while it is sent has changed since it was loaded.
  [[nodiscard]] bool still_there() const { return !file || file->snapshot() || file->unchanged(); }
  // Whether a file with this status is certainly the same version of the same file.
  [[nodiscard]] bool same_as(const struct stat& status) const;
};

// The tag of a version of a file, see above.
[[nodiscard]] std::string entity_tag(const FileVersion& file);

// The same file in another coding: `content` was made from the file or is stored beside it. It has its own
// header lines and tag. REQUIRES: `of` is a file.
[[nodiscard]] std::unique_ptr<const Resource> make_variant(const Resource& of, compress::Coding coding,
                                                           std::shared_ptr<const FileVersion> content);

// The same for octets that were made from the file. nullptr: the variants would have more octets than the
// file.
[[nodiscard]] std::unique_ptr<const Resource> make_variant(const Resource& of, compress::Coding coding,
                                                           std::string octets);

}  // namespace pollux::files
