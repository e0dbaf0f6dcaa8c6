#include "files/variants.h"

#include "files/resource.h"

namespace pollux::files {

namespace {

unsigned bit_of(compress::Coding coding) { return 1U << compress::index_of(coding); }

}  // namespace

std::string_view extension_of(compress::Coding coding) {
  switch (coding) {
    case compress::Coding::kBrotli: return ".br";
    case compress::Coding::kZstd: return ".zst";
    case compress::Coding::kGzip: return ".gz";
    case compress::Coding::kIdentity: break;
  }
  return {};
}

std::string_view plain_path(std::string_view path) {
  for (const compress::Coding coding : kVariantCodings) {
    const std::string_view extension = extension_of(coding);
    if (path.ends_with(extension)) return path.substr(0, path.size() - extension.size());
  }
  return path;
}

Variants::~Variants() {
  for (const auto& place : places_) {
    const std::unique_ptr<const Resource> variant(place.load(std::memory_order_relaxed));
  }
}

compress::Codings Variants::available() const {
  compress::Codings codings;
  for (const compress::Coding coding : compress::kCodings) {
    if (coding != compress::Coding::kIdentity && find(coding) != nullptr) codings.add(coding);
  }
  return codings;
}

std::uint64_t Variants::memory() const {
  std::uint64_t sum = 0;
  for (const auto& place : places_) {
    const Resource* variant = place.load(std::memory_order_acquire);
    if (variant != nullptr) sum += variant->memory();
  }
  return sum;
}

void Variants::put(compress::Coding coding, std::unique_ptr<const Resource> variant) {
  places_.at(compress::index_of(coding)).store(variant.release(), std::memory_order_release);
}

bool Variants::claim(compress::Coding coding) {
  const unsigned bit = bit_of(coding);
  if ((claimed_.load(std::memory_order_relaxed) & bit) != 0) return false;
  return (claimed_.fetch_or(static_cast<std::uint8_t>(bit), std::memory_order_relaxed) & bit) == 0;
}

void Variants::give_back(compress::Coding coding) {
  claimed_.fetch_and(static_cast<std::uint8_t>(~bit_of(coding)), std::memory_order_relaxed);
}

}  // namespace pollux::files
