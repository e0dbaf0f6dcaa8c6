#include "http/error_pages.h"

#include <fmt/format.h>

#include <utility>

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
  if (auto page = own_page(status, now)) {
    page->status = status;
    return std::move(*page);
  }
  Response response;
  response.status = status;
  const std::string explanation = why.empty() ? "" : fmt::format("<p>{}</p>\n", why);
  response.body = fmt::format(kPage, code(status), reason_phrase(status), explanation);
  response.add_field("Content-Type", "text/html; charset=utf-8");
  response.add_content_length();
  return response;
}

Response ErrorPages::method_not_allowed(std::string_view allow, const Now& now) const {
  Response response = make(Status::kMethodNotAllowed, now);
  response.add_field("Allow", allow);
  return response;
}

Response ErrorPages::unavailable(const Now& now) const {
  Response response = make(Status::kServiceUnavailable, now);
  response.add_field("Retry-After", "1");
  return response;
}

}  // namespace pollux::http
