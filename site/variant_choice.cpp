#include "site/variant_choice.h"

#include <new>
#include <string>
#include <utility>

namespace pollux::site {

namespace {

using compress::Coding;
using compress::Codings;
using files::Resource;

constexpr Codings kMakeable = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

// Runs on the compressor's thread. The file may have left the cache meanwhile.
void keep_variant(const std::weak_ptr<const Resource>& of, Coding coding, std::optional<std::string> octets) {
  const std::shared_ptr<const Resource> file = of.lock();
  if (!file || !octets) return;  // No octets: compression does not pay, and is not tried again.
  try {
    if (auto variant = files::make_variant(*file, coding, std::move(*octets)))
      file->variants.put(coding, std::move(variant));
  } catch (const std::bad_alloc&) {
    // Then the variant is not made: the memory is needed elsewhere.
  }
}

}  // namespace

std::optional<files::Representation> VariantChoice::choose(
    const http::Request& request, std::shared_ptr<const files::Resource> file) const {
  const bool asks = file->has_variants && request.fields->has(http::FieldId::kAcceptEncoding);
  const bool in_part = request.method == http::Method::kGet && request.fields->has(http::FieldId::kRange);
  if (!asks || in_part) return files::Representation(std::move(file));

  std::string storage;
  const auto list = request.fields->find_list(http::FieldId::kAcceptEncoding, storage);
  const http::AcceptEncoding accept(list.value_or(""));
  std::optional<Coding> chosen = accept.choose(kMakeable);
  if (chosen && *chosen != Coding::kIdentity && file->variants.find(*chosen) == nullptr) {
    have_made(*chosen, file);
    chosen = accept.choose(file->variants.available());
  }
  if (!chosen) return std::nullopt;
  const Resource* variant = *chosen == Coding::kIdentity ? nullptr : file->variants.find(*chosen);
  if (variant == nullptr || !variant->still_there()) return files::Representation(std::move(file));
  return files::Representation(std::move(file), *variant, variant->head);
}

void VariantChoice::have_made(Coding coding, const std::shared_ptr<const Resource>& file) const {
  if (compressor_ == nullptr || !file->file->snapshot() || !file->variants.claim(coding)) return;
  const bool taken = compressor_->submit(
      {.file = file->file, .coding = coding, .deliver = [of = std::weak_ptr(file), coding](auto octets) {
         keep_variant(of, coding, std::move(octets));
       }});
  if (!taken) file->variants.give_back(coding);
}

}  // namespace pollux::site
