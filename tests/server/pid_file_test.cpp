#include "server/process/pid_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>

#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PidFile, IsThereUntilTheEnd) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("pollux.pid", "a longer text, of somebody else\n");
  {
    const PidFile file(path);
    EXPECT_EQ(text_of(path), std::to_string(::getpid()) + "\n");
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0644U);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(PidFile, ThatOfASuccessorIsLeft) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "pollux.pid";
  {
    const PidFile file(path);
    std::ofstream(path) << "1\n";
  }
  EXPECT_EQ(text_of(path), "1\n");
}

TEST(PidFile, ALinkIsReplacedAndNotFollowed) {
  const test::TemporaryDirectory directory;
  const std::string precious = directory.write("precious", "x");
  const std::string path = directory / "pollux.pid";
  std::filesystem::create_symlink(precious, path);
  std::filesystem::create_symlink(precious, path + "." + std::to_string(::getpid()));
  const PidFile file(path);
  EXPECT_EQ(text_of(precious), "x");
  EXPECT_EQ(text_of(path), std::to_string(::getpid()) + "\n");
}

TEST(PidFile, NoneAndNowhere) {
  const PidFile none("");
  EXPECT_THROW(PidFile file("/nowhere/pollux.pid"), std::system_error);
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "pollux.pid");
  EXPECT_THROW(PidFile file(directory / "pollux.pid"), std::system_error);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1)
      << "no draft is left";
}

}  // namespace
}  // namespace pollux::server
