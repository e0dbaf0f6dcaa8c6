// A temporary directory with pages, and a cache over it.
#pragma once

#include <fmt/format.h>

#include <string>

#include "files/file_cache.h"
#include "tests/temporary_directory.h"

namespace pollux::bench {

class TemporarySite {
 public:
  explicit TemporarySite(int pages) {
    for (int i = 0; i < pages; ++i) {
      (void)directory_.write(fmt::format("{}.html", i), std::string(586, 'x'));
    }
  }

  [[nodiscard]] files::FileCache cache() const {
    return {files::ResourceLoader(directory_.path().string(), {.index = {"index.html"}}),
            files::FileCache::Limits{}};
  }

 private:
  test::TemporaryDirectory directory_;
};

}  // namespace pollux::bench
