#include "http/error_pages.h"

#include <fmt/format.h>

namespace pollux::http {

namespace {

constexpr std::string_view kPage = R"(<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{0} {1}</title>
<style>
  :root {{ color-scheme: light dark; font-family: system-ui, sans-serif }}
  body {{ margin: 20vh auto 0; max-width: 30rem; padding: 0 1rem; text-align: center }}
  h1 {{ font-size: 4rem; margin: 0 }}
</style>
<h1>{0}</h1>
<p>{1}</p>
{2}</html>
)";

}  // namespace

Response ErrorPages::make(Status status, const Now& now, std::string_view why) const {
  Response response;
  response.status = status;
  const auto page = pages_.find(code(status));
  if (page != pages_.end()) {
    const auto resource = cache_.find(page->second, now.steady);
    if (resource->kind == Resource::Kind::kFile) {
      response.prepared_owner = resource;
      response.prepared = resource->head.type();
      response.body = FileSlice{resource->file, 0, resource->file->size()};
      response.add_content_length();
      return response;
    }
  }
  const std::string explanation = why.empty() ? "" : fmt::format("<p>{}</p>\n", why);
  response.body = fmt::format(kPage, code(status), reason_phrase(status), explanation);
  response.add_field("Content-Type", "text/html; charset=utf-8");
  response.add_content_length();
  return response;
}

}  // namespace pollux::http
