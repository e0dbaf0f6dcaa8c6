// The file that stands at the request's path, and nothing else: no rules, no variants (site/ has them).
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>

#include "http/file_answers.h"
#include "http/file_cache.h"
#include "http/handler.h"

namespace pollux::http {

class StaticFiles final : public AnsweringHandler {
 public:
  // The references must outlive this; `max_ranges`: see FileAnswers.
  StaticFiles(FileCache& cache, const ErrorPages& errors, std::size_t max_ranges)
      : cache_(cache), answers_(errors, max_ranges) {}

  [[nodiscard]] Response answer(const Request& request, const Now& now) override;

 private:
  FileCache& cache_;
  const FileAnswers answers_;
};

}  // namespace pollux::http
