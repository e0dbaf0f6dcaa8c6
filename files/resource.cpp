#include "files/resource.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <utility>

#include "http/field_lines.h"

namespace pollux::files {

namespace {

// The header lines of a variant: those of the plain file, except where the coding changes them. A field that
// the site's rules have removed does not come back.
std::string variant_lines(std::string_view plain, compress::Coding coding, const Resource& variant) {
  http::FieldLines lines;
  lines.append(plain);
  lines.set("Content-Encoding", compress::name_of(coding));
  lines.set("Content-Length", std::to_string(variant.file->size()));
  if (lines.find("ETag")) lines.set("ETag", variant.etag);
  return lines.text();
}

std::unique_ptr<Resource> variant_of(const Resource& of, compress::Coding coding,
                                     std::shared_ptr<const FileVersion> content) {
  auto variant = std::make_unique<Resource>();
  variant->kind = Resource::Kind::kFile;
  variant->file = std::move(content);
  variant->etag = entity_tag(*variant->file);
  variant->last_modified = of.last_modified;
  variant->own_lines = variant_lines(of.own_lines, coding, *variant);
  variant->head = FileHead(variant_lines(of.head.whole(true), coding, *variant));
  return variant;
}

bool is_open_file(const Resource& resource) { return resource.file && resource.file->is_open(); }

}  // namespace

std::string entity_tag(const FileVersion& file) {
  if (const auto octets = file.snapshot()) {
    return fmt::format("\"{:016x}-{:x}\"", ::XXH3_64bits(octets->data(), octets->size()), octets->size());
  }
  const struct stat& status = file.status();
  const std::array<std::int64_t, 3> identity = {static_cast<std::int64_t>(status.st_ino),
                                                nanoseconds(status.st_ctim), nanoseconds(status.st_mtim)};
  return fmt::format("\"{:016x}-{:x}\"", ::XXH3_64bits(identity.data(), sizeof identity), file.size());
}

std::uint64_t Resource::memory() const {
  constexpr std::uint64_t kOverhead = 1536;  // The objects and strings around the octets.
  const std::uint64_t octets = file && file->snapshot() ? file->size() : 0;
  const std::uint64_t lines = head.whole(true).size() + own_lines.size();  // A site's rules may add many.
  // Variants that are made later have at most as many octets as the file, see make_variant().
  const std::uint64_t around = kOverhead + lines;
  const std::uint64_t reserved =
      has_variants ? std::max(octets + kVariantCodings.size() * around, variants.memory()) : 0;
  return around + octets + reserved;
}

std::size_t Resource::open_files() const {
  std::size_t open = is_open_file(*this) ? 1 : 0;
  for (const compress::Coding coding : kVariantCodings) {
    const Resource* variant = variants.find(coding);
    if (variant != nullptr && is_open_file(*variant)) ++open;
  }
  return open;
}

bool Resource::same_as(const struct stat& status) const {
  return kind == Kind::kFile && file->settled() && same_file_and_version(file->status(), status);
}

std::unique_ptr<const Resource> make_variant(const Resource& of, compress::Coding coding,
                                             std::shared_ptr<const FileVersion> content) {
  return variant_of(of, coding, std::move(content));
}

std::unique_ptr<const Resource> make_variant(const Resource& of, compress::Coding coding,
                                             std::string octets) {
  std::uint64_t sum = octets.size();
  for (const compress::Coding other : kVariantCodings) {
    if (const Resource* variant = of.variants.find(other)) sum += variant->file->size();
  }
  if (sum > of.file->size()) return nullptr;
  struct stat status {};
  status.st_size = static_cast<off_t>(octets.size());
  auto variant = variant_of(of, coding, std::make_shared<const FileVersion>(status, true, std::move(octets)));
  variant->made = true;
  return variant;
}

}  // namespace pollux::files
