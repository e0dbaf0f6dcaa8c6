// Serves the file at the request's path, without rules and variants (site/ has them).
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>

#include "files/file_answers.h"
#include "files/file_cache.h"
#include "http/handler.h"

namespace pollux::files {

class StaticFiles final : public http::AnsweringHandler {
 public:
  // The references must outlive the handler. `max_ranges`: see FileAnswers.
  StaticFiles(FileCache& cache, const http::ErrorPages& errors, std::size_t max_ranges)
      : cache_(cache), answers_(errors, max_ranges) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  FileCache& cache_;
  const FileAnswers answers_;
};

}  // namespace pollux::files
