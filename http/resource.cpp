#include "http/resource.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/date.h"
#include "http/declared_charset.h"
#include "http/mime.h"

namespace pollux::http {

namespace {

using Kind = Resource::Kind;

constexpr std::string_view kUtf8 = "; charset=utf-8";

std::shared_ptr<const Resource> of_kind(Kind kind) {
  auto resource = std::make_shared<Resource>();
  resource->kind = kind;
  return resource;
}

Kind kind_of_error(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EXDEV: return Kind::kForbidden;
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case ENXIO: return Kind::kMissing;  // ENXIO: a socket or a device without a driver.
    default: return Kind::kUnavailable;
  }
}

std::string entity_tag(const FileVersion& file) {
  if (const auto octets = file.snapshot()) {
    return fmt::format("\"{:016x}-{:x}\"", ::XXH3_64bits(octets->data(), octets->size()), octets->size());
  }
  const struct stat& status = file.status();
  const std::array<std::int64_t, 3> identity = {static_cast<std::int64_t>(status.st_ino),
                                                nanoseconds(status.st_ctim), nanoseconds(status.st_mtim)};
  return fmt::format("\"{:016x}-{:x}\"", ::XXH3_64bits(identity.data(), sizeof identity), file.size());
}

// As many octets as declarations are looked for in; none if they could not be read.
std::string beginning_of(const FileVersion& file) {
  std::string beginning(std::min<std::uint64_t>(file.size(), kDeclarationWithin), '\0');
  if (!file.read(0, beginning, false)) return {};
  return beginning;
}

std::string type_fields_of(std::string_view name, const FileVersion& file) {
  const std::string beginning = beginning_of(file);
  std::string_view type = content_type(name);
  if (type.ends_with(kUtf8) && declares_another_charset(beginning, type)) type.remove_suffix(kUtf8.size());
  std::string fields = fmt::format("Content-Type: {}\r\n", type);
  const std::string_view encoding = content_encoding(name, beginning);
  if (!encoding.empty()) fields += fmt::format("Content-Encoding: {}\r\n", encoding);
  return fields;
}

}  // namespace

std::uint64_t Resource::memory() const {
  constexpr std::uint64_t kOverhead = 1024;  // The objects and strings around the octets.
  return kOverhead + (file && file->snapshot() ? file->size() : 0);
}

void Resource::prepare_fields(std::string_view cache_control) {
  fields_ = fmt::format("{}Accept-Ranges: bytes\r\nContent-Length: {}\r\n", type_fields, file->size());
  cache_fields_at_ = fields_.size();
  if (!cache_control.empty()) fields_ += fmt::format("Cache-Control: {}\r\n", cache_control);
  fields_ += fmt::format("ETag: {}\r\n", etag);
  date_at_ = fields_.size();
  fields_ += fmt::format("Last-Modified: {}\r\n", format_date(last_modified));
}

std::string_view Resource::whole_fields(std::chrono::sys_seconds now) const {
  return std::string_view(fields_).substr(0, validators().has_date(now) ? fields_.size() : date_at_);
}

std::string_view Resource::cache_fields(std::chrono::sys_seconds now) const {
  return whole_fields(now).substr(cache_fields_at_);
}

std::string_view Resource::cache_fields_without_date() const {
  return std::string_view(fields_).substr(cache_fields_at_, date_at_ - cache_fields_at_);
}

bool Resource::same_as(const struct stat& status) const {
  if (kind != Kind::kFile || !file->settled()) return false;
  const struct stat& ours = file->status();
  return ours.st_dev == status.st_dev && ours.st_ino == status.st_ino && ours.st_size == status.st_size &&
         nanoseconds(ours.st_mtim) == nanoseconds(status.st_mtim) &&
         nanoseconds(ours.st_ctim) == nanoseconds(status.st_ctim);
}

std::shared_ptr<const Resource> ResourceLoader::load(std::string_view path,
                                                     const std::shared_ptr<const Resource>& known,
                                                     TimePoint now) const {
  UniqueFd fd = site_->root.open(path);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return of_kind(kind_of_error(errno));

  std::string indexed;
  if (S_ISDIR(status.st_mode)) {
    if (!path.ends_with('/')) return of_kind(Kind::kDirectory);
    fd.reset();
    for (const std::string& name : index_) {
      indexed = std::string(path) + name;
      fd = site_->root.open(indexed);
      if (fd || errno != ENOENT) break;
    }
    if (!fd) return of_kind(kind_of_error(errno));
    if (::fstat(fd.get(), &status) != 0) return of_kind(kind_of_error(errno));
    path = indexed;
  }
  if (!S_ISREG(status.st_mode)) return of_kind(Kind::kMissing);  // A FIFO, a device: not to be served.
  if (known && known->same_as(status)) return known;
  auto file = load_version(std::move(fd), status.st_size, now);
  if (!file) return of_kind(Kind::kUnavailable);
  return make_file(std::move(file), path.substr(path.rfind('/') + 1));
}

std::shared_ptr<const Resource> ResourceLoader::make_file(std::shared_ptr<const FileVersion> file,
                                                          std::string_view name) const {
  auto resource = std::make_shared<Resource>();
  resource->kind = Kind::kFile;
  resource->last_modified = std::chrono::sys_seconds(std::chrono::seconds(file->status().st_mtim.tv_sec));
  resource->etag = entity_tag(*file);
  resource->type_fields = type_fields_of(name, *file);
  resource->file = std::move(file);
  resource->prepare_fields(cache_control_);
  return resource;
}

std::shared_ptr<const FileVersion> ResourceLoader::load_version(UniqueFd fd, std::int64_t size,
                                                                TimePoint now) const {
  constexpr int kAttempts = 3;  // The clock may be late, or the file be changed again.
  auto file = FileVersion::load(fd, sendfile_);
  for (int i = 1; i < kAttempts && !file && errno == EAGAIN && site_->ticks.wait(now); ++i)
    file = FileVersion::load(fd, sendfile_, size);
  return file;
}

}  // namespace pollux::http
