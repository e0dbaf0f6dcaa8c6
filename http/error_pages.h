// Bodies of error responses: a small page made here, unless the site has its own page for the status
// (files/site_error_pages.h).
//
// Thread: any. Constant after construction.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/response.h"

namespace pollux::http {

class ErrorPages {
 public:
  ErrorPages() = default;
  ErrorPages(const ErrorPages&) = delete;
  ErrorPages& operator=(const ErrorPages&) = delete;
  virtual ~ErrorPages() = default;

  // `why`: a sentence in HTML for the page made here.
  [[nodiscard]] Response make(Status status, const Now& now, std::string_view why = {}) const;

  // 405. `allow`: the allowed methods (RFC 9110 10.2.1).
  [[nodiscard]] Response method_not_allowed(std::string_view allow, const Now& now) const;
  // 503 with Retry-After, for a state that may pass within a second.
  [[nodiscard]] Response unavailable(const Now& now) const;

 private:
  // The site's own page for the status; std::nullopt: there is none, or it cannot be read.
  [[nodiscard]] virtual std::optional<Response> own_page(Status /*status*/, const Now& /*now*/) const {
    return std::nullopt;
  }
};

}  // namespace pollux::http
