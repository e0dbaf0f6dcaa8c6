// Answers GET, HEAD and OPTIONS from the files of the site (RFC 9110 sections 9, 13 and 14).
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>

#include "http/error_pages.h"
#include "http/file_cache.h"
#include "http/handler.h"

namespace pollux::http {

class StaticFiles final : public AnsweringHandler {
 public:
  // `max_ranges`: more in one request, and the Range field is ignored.
  StaticFiles(FileCache& cache, const ErrorPages& errors, std::size_t max_ranges)
      : cache_(cache), errors_(errors), max_ranges_(max_ranges) {}

  [[nodiscard]] Response answer(const Request& request, const Now& now) override;

 private:
  [[nodiscard]] Response serve_file(const Request& request, std::shared_ptr<const Resource> resource,
                                    const Now& now) const;
  [[nodiscard]] Response method_not_allowed(const Now& now) const;

  FileCache& cache_;
  const ErrorPages& errors_;
  const std::size_t max_ranges_;
};

}  // namespace pollux::http
