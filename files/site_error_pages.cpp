#include "files/site_error_pages.h"

namespace pollux::files {

std::optional<http::Response> SiteErrorPages::own_page(http::Status status, const Now& now) const {
  const auto page = pages_.find(http::code(status));
  if (page == pages_.end()) return std::nullopt;
  const auto resource = cache_.find(page->second, now.steady);
  if (resource->kind != Resource::Kind::kFile) return std::nullopt;
  http::Response response;
  response.prepared_owner = resource;
  response.prepared = resource->head.type();
  response.body = http::FileSlice{resource->file, 0, resource->file->size()};
  response.add_content_length();
  return response;
}

}  // namespace pollux::files
