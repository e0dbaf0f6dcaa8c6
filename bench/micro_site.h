// A temporary folder with pages, and a cache over it.
#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "http/file_cache.h"

namespace pollux::bench {

class TemporarySite {
 public:
  explicit TemporarySite(int pages) {
    char name[] = "/tmp/pollux-bench-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    folder_ = name;
    for (int i = 0; i < pages; ++i) {
      std::ofstream(folder_ / fmt::format("{}.html", i)) << std::string(586, 'x');
    }
  }
  TemporarySite(const TemporarySite&) = delete;
  TemporarySite& operator=(const TemporarySite&) = delete;
  ~TemporarySite() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] http::FileCache cache() const {
    return {http::ResourceLoader(folder_.string(), {"index.html"}), http::FileCache::Limits{}};
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace pollux::bench
