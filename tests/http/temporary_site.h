// A folder of its own to serve, gone at the end of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace pollux::http {

class TemporarySite {
 public:
  TemporarySite() {
    char name[] = "/tmp/pollux-site-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  ~TemporarySite() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TemporarySite(const TemporarySite&) = delete;
  TemporarySite& operator=(const TemporarySite&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  void write(const std::string& name, const std::string& octets) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << octets;
  }
  // Takes the place of the file in one step.
  void replace(const std::string& name, const std::string& octets) const {
    write(name + ".new", octets);
    std::filesystem::rename(folder_ / (name + ".new"), folder_ / name);
  }
  void set_date(const std::string& name, time_t date) const {
    const struct timespec times[2] = {{date, 0}, {date, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / name).c_str(), times, 0), 0);
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace pollux::http
