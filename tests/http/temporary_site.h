// A folder of its own to serve, gone at the end of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/temporary_folder.h"

namespace pollux::http {

class TemporarySite {
 public:
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  void write(const std::string& name, const std::string& octets) const { (void)folder_.write(name, octets); }
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
  test::TemporaryFolder folder_;
};

}  // namespace pollux::http
