// Files are whole, or what they were before.
#include "castor/output_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/temporary_directory.h"

namespace pollux::castor {
namespace {

namespace fs = std::filesystem;

class OutputFile : public testing::Test {
 protected:
  static std::string rest_of(std::ifstream& file) { return {std::istreambuf_iterator<char>(file), {}}; }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return file ? rest_of(file) : "none";
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_.path())) names.insert(entry.path().filename());
    return names;
  }

  test::TemporaryDirectory directory_;
};

TEST_F(OutputFile, AReaderHasTheOldOneWhole) {
  const std::string path = directory_.write("a.prom", "old and long");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  std::ifstream reader(path, std::ios::binary);
  EXPECT_EQ(write_file(path, "new"), 0);
  EXPECT_EQ(rest_of(reader), "old and long");
  EXPECT_EQ(read(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(names(), std::set<std::string>{"a.prom"});
}

TEST_F(OutputFile, TheCheckLeavesNothingBehind) {
  EXPECT_EQ(check_writable(directory_ / "a.prom"), 0);
  EXPECT_EQ(names(), std::set<std::string>());
  const std::string path = directory_.write("b.prom", "old");
  EXPECT_EQ(check_writable(path), 0);
  EXPECT_EQ(read(path), "old");
}

TEST_F(OutputFile, WhatCannotBeWrittenIsAnError) {
  EXPECT_EQ(check_writable(directory_ / "none/a.prom"), ENOENT);
  EXPECT_EQ(write_file(directory_ / "none/a.prom", "new"), ENOENT);
  EXPECT_EQ(write_file("/dev/full", "new"), ENOSPC);
  EXPECT_EQ(write_file(directory_.path().string(), "new"), EISDIR);
}

TEST_F(OutputFile, OthersThanRegularFilesAreWrittenTo) {
  const std::string target = directory_.write("real", "old");
  fs::create_symlink(target, directory_.path() / "link");
  EXPECT_EQ(write_file(directory_ / "link", "new"), 0);
  EXPECT_TRUE(fs::is_symlink(directory_.path() / "link"));
  EXPECT_EQ(read(target), "new");
  EXPECT_EQ(check_writable("/dev/null"), 0);
  EXPECT_EQ(write_file("/dev/null", "new"), 0);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace pollux::castor
