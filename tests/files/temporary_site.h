// A directory of its own to serve, gone at the end of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/temporary_directory.h"

namespace pollux::files {

class TemporarySite {
 public:
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }

  void write(const std::string& name, const std::string& octets) const {
    (void)directory_.write(name, octets);
  }
  void append(const std::string& name, const std::string& octets) const {
    std::ofstream(directory_.path() / name, std::ios::binary | std::ios::app) << octets;
  }
  // Takes the place of the file in one step.
  void replace(const std::string& name, const std::string& octets) const {
    write(name + ".new", octets);
    std::filesystem::rename(directory_ / (name + ".new"), directory_ / name);
  }
  void set_date(const std::string& name, time_t date) const {
    const struct timespec times[2] = {{date, 0}, {date, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ / name).c_str(), times, 0), 0);
  }

 private:
  test::TemporaryDirectory directory_;
};

}  // namespace pollux::files
