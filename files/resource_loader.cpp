#include "files/resource_loader.h"

#include <algorithm>
#include <cerrno>

#include "files/compressible.h"
#include "files/declared_charset.h"
#include "files/mime.h"
#include "http/date.h"
#include "http/field_lines.h"
#include "log/escape.h"
#include "log/throttle.h"

namespace pollux::files {

namespace {

using Kind = Resource::Kind;

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

// The octets in which declarations are looked for; none if they could not be read.
std::string beginning_of(const FileVersion& file) {
  std::string beginning(std::min<std::uint64_t>(file.size(), kDeclarationWithin), '\0');
  if (!file.read(0, beginning, false)) return {};
  return beginning;
}

// Content-Type, and Content-Encoding if the file's type is that of its compressed content.
http::FieldLines type_lines(std::string_view name, const FileVersion& file, const TypeTable* types) {
  const TypeTable built_in;
  const std::string beginning = beginning_of(file);
  http::FieldLines lines;
  lines.add("Content-Type", (types != nullptr ? *types : built_in).content_type(name, beginning));
  const std::string_view encoding = content_encoding(name, beginning);
  if (!encoding.empty()) lines.add("Content-Encoding", encoding);
  return lines;
}

}  // namespace

std::shared_ptr<const Resource> ResourceLoader::load(std::string_view path,
                                                     const std::shared_ptr<const Resource>& known,
                                                     TimePoint now) const {
  Found found;
  const Kind kind = find(path, found);
  if (kind != Kind::kFile) return of_kind(kind);
  if (known && known->same_as(found.status) && !siblings_changed(*known, found.path)) return known;
  return make_file(path, found, now);
}

Resource::Kind ResourceLoader::find(std::string_view path, Found& found) const {
  found.path = path;
  found.fd = site_->root.open(path);
  if (!found.fd || ::fstat(found.fd.get(), &found.status) != 0) return kind_of_error(errno);
  if (S_ISDIR(found.status.st_mode)) {
    if (!path.ends_with('/')) return Kind::kDirectory;
    found.fd.reset();
    errno = ENOENT;
    for (const std::string& name : options_.index) {
      found.path = std::string(path) + name;
      found.fd = site_->root.open(found.path);
      if (found.fd || errno != ENOENT) break;
    }
    if (!found.fd || ::fstat(found.fd.get(), &found.status) != 0) return kind_of_error(errno);
  }
  // A FIFO or a device: not to be served.
  return S_ISREG(found.status.st_mode) ? Kind::kFile : Kind::kMissing;
}

std::shared_ptr<const Resource> ResourceLoader::make_file(std::string_view path, Found& found,
                                                          TimePoint now) const {
  auto resource = std::make_shared<Resource>();
  resource->file = load_version(std::move(found.fd), found.status.st_size, now);
  if (!resource->file) return of_kind(Kind::kUnavailable);
  const FileVersion& file = *resource->file;
  resource->kind = Kind::kFile;
  resource->path = found.path;
  resource->last_modified = std::chrono::sys_seconds(std::chrono::seconds(file.status().st_mtim.tv_sec));
  resource->etag = entity_tag(file);

  http::FieldLines lines = type_lines(found.path.substr(found.path.rfind('/') + 1), file, options_.types);
  const bool coded = lines.find("Content-Encoding").has_value();
  resource->has_variants = (options_.precompressed || options_.compress) && !coded &&
                           is_compressible(lines.find("Content-Type").value_or(""));
  lines.add("Accept-Ranges", "bytes");
  lines.add("Content-Length", std::to_string(file.size()));
  if (!options_.cache_control.empty()) lines.add("Cache-Control", options_.cache_control);
  if (resource->has_variants) lines.add("Vary", "Accept-Encoding");
  lines.add("ETag", resource->etag);
  lines.add("Last-Modified", http::format_date(resource->last_modified));
  resource->own_lines = lines.text();
  if (options_.rules != nullptr) {
    options_.rules->apply(path, lines);
    resource->may_differ = options_.rules->may_differ(path) || options_.rules->may_differ(found.path);
  }
  resource->head = FileHead(lines.text());
  if (resource->has_variants && options_.precompressed) add_siblings(*resource, found, now);
  return resource;
}

void ResourceLoader::add_siblings(Resource& resource, const Found& found, TimePoint now) const {
  for (const compress::Coding coding : kVariantCodings) {
    Sibling sibling = open_sibling(found.path, coding, resource.file->status());
    if (sibling.older) {
      static log::Throttle throttle(10);
      throttle.log(log::Level::kWarn, "{}{} is older than its file, and not served in its place",
                   log::printable(found.path), extension_of(coding));
    }
    if (!sibling.fd) continue;
    auto content = load_version(std::move(sibling.fd), sibling.status.st_size, now);
    if (content) resource.variants.put(coding, make_variant(resource, coding, std::move(content)));
  }
}

// Whether the variants beside the file have changed.
bool ResourceLoader::siblings_changed(const Resource& known, const std::string& path) const {
  if (!known.has_variants || !options_.precompressed) return false;
  return std::any_of(kVariantCodings.begin(), kVariantCodings.end(), [&](compress::Coding coding) {
    const Sibling sibling = open_sibling(path, coding, known.file->status());
    const Resource* variant = known.variants.find(coding);
    const bool known_sibling = variant != nullptr && !variant->made;
    if (!sibling.fd) return known_sibling;
    return !known_sibling || !variant->same_as(sibling.status);
  });
}

ResourceLoader::Sibling ResourceLoader::open_sibling(const std::string& path, compress::Coding coding,
                                                     const struct stat& of) const {
  Sibling sibling{site_->root.open(path + std::string(extension_of(coding))), {}};
  if (!sibling.fd || ::fstat(sibling.fd.get(), &sibling.status) != 0 || !S_ISREG(sibling.status.st_mode)) {
    sibling.fd.reset();
  } else if (sibling.status.st_mtim.tv_sec < of.st_mtim.tv_sec) {
    sibling.older = true;
    sibling.fd.reset();
  }
  return sibling;
}

std::shared_ptr<const FileVersion> ResourceLoader::load_version(UniqueFd fd, std::int64_t size,
                                                                TimePoint now) const {
  constexpr int kAttempts = 3;  // The clock may be late, or the file may change again.
  auto file = FileVersion::load(fd, options_.sendfile);
  for (int i = 1; i < kAttempts && !file && errno == EAGAIN && site_->ticks.wait(now); ++i)
    file = FileVersion::load(fd, options_.sendfile, size);
  return file;
}

}  // namespace pollux::files
