#include "site/watched_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

class WatchedFileTest : public ::testing::Test {
 protected:
  // So long after the file's last change.
  [[nodiscard]] WallTime after(std::chrono::milliseconds time) const {
    struct stat status {};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    return WallTime(std::chrono::nanoseconds(nanoseconds(status.st_ctim)) + time);
  }

  const test::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "f";
};

TEST_F(WatchedFileTest, AChangeCountsWhenTheFileWasLeftAlone) {
  const struct {
    milliseconds age;
    bool changed;
  } rows[] = {
      {milliseconds(0), false},    {milliseconds(1000), false},      {milliseconds(1001), true},
      {milliseconds(-900), false}, {milliseconds(-3'600'000), true},  // The clock was set back.
  };
  for (const auto& [age, changed] : rows) {
    (void)directory_.write("f", "one");
    WatchedFile file(path_);
    std::filesystem::remove(path_);
    (void)directory_.write("f", "another");
    EXPECT_EQ(file.look(after(age)), changed) << age.count();
    EXPECT_TRUE(file.look(after(age))) << "it is the same as before";
    EXPECT_TRUE(file.is_as_seen());
    file.use();
    EXPECT_FALSE(file.look(after(age)));
  }
}

TEST_F(WatchedFileTest, AFileThatIsGoneMayComeBack) {
  (void)directory_.write("f", "one");
  WatchedFile file(path_);
  const WallTime later = after(std::chrono::hours(1));
  std::filesystem::remove(path_);
  EXPECT_FALSE(file.is_as_seen());
  EXPECT_FALSE(file.look(later));
  EXPECT_TRUE(file.look(later));
  file.use();
  EXPECT_FALSE(file.look(later));
}

TEST_F(WatchedFileTest, NoFileNeverChanges) {
  WatchedFile file("");
  EXPECT_FALSE(file.look(WallTime()));
  EXPECT_FALSE(file.look(WallTime()));
  EXPECT_TRUE(file.is_as_seen());
}

}  // namespace
}  // namespace pollux::site
