// What a path of the site leads to, looked up once and ready to be sent many times.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_version.h"
#include "http/conditional.h"
#include "http/document_root.h"

namespace pollux::http {

struct Resource {
  enum class Kind : std::uint8_t {
    kFile,
    kFolder,       // Asked for without its slash: redirect.
    kMissing,      // 404.
    kForbidden,    // 403: no permission, or a symbolic link out of the site.
    kUnavailable,  // 503: no descriptors, or a file that is being rewritten all the time. Never cached.
  };
  Kind kind = Kind::kMissing;

  // Of kFile:
  std::shared_ptr<const FileVersion> file;
  std::string etag;  // Strong: one version of the file has one tag.
  std::chrono::sys_seconds last_modified{};
  std::string type_field;  // "Content-Type: …\r\n": header lines ready to be sent.

  // All fields of a 200, Content-Length included, and the validators alone: ETag and, unless it is too early
  // for it (Validators::has_date()), Last-Modified.
  [[nodiscard]] std::string_view whole_fields(std::chrono::sys_seconds now) const;
  [[nodiscard]] std::string_view validator_fields(std::chrono::sys_seconds now) const;

  [[nodiscard]] Validators validators() const { return {etag, last_modified}; }
  [[nodiscard]] std::uint64_t memory() const;  // Octets, about.
  // false: a file that is read while it is sent has changed since it was loaded.
  [[nodiscard]] bool still_there() const { return !file || file->snapshot() || file->unchanged(); }
  // Whether the path still leads to the same version of the same file.
  [[nodiscard]] bool same_as(const struct stat& status) const;

  // Makes the header lines. REQUIRES: file, etag and last_modified are set.
  void prepare_fields(std::string_view content_type);

 private:
  std::string fields_;             // Content-Type, Accept-Ranges, Content-Length, then the validators.
  std::size_t validators_at_ = 0;  // In fields_.
  std::size_t date_at_ = 0;        // Of Last-Modified, which comes last.
};

class ResourceLoader {
 public:
  // `index`: the file names tried in a folder, in order. Throws like DocumentRoot.
  ResourceLoader(const std::string& root, std::vector<std::string> index)
      : root_(root), index_(std::move(index)) {}

  // `path` is decoded and normalised (http/uri.h). Opens and reads, so it may block on the disk.
  // When the path still leads to the version `known` holds, that one is returned.
  // Thread: any.
  [[nodiscard]] std::shared_ptr<const Resource> load(std::string_view path,
                                                     const std::shared_ptr<const Resource>& known) const;

 private:
  DocumentRoot root_;
  std::vector<std::string> index_;
};

}  // namespace pollux::http
