// What can be fetched from a directory, whatever it is called there.
#include "server/config/served_tree.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

namespace fs = std::filesystem;
using Reach = ServedTree::Reach;

class ServedTreeTest : public testing::Test {
 protected:
  ServedTreeTest() {
    directory_.write("www/index.html", "here");
    directory_.write("www/deep/er/page.html", "here");
    directory_.write("etc/key.pem", "secret");
  }

  [[nodiscard]] Reach reach(const std::string& file, const std::string& mounts = "/dev/null") const {
    return ServedTree(directory_ / "www", mounts).look_for(directory_ / file).reach;
  }

  const test::TemporaryDirectory directory_;
};

TEST_F(ServedTreeTest, NamesAndLinks) {
  fs::create_symlink("../www/index.html", directory_.path() / "etc/link.pem");
  fs::create_symlink("../etc/key.pem", directory_.path() / "www/key.pem");
  const std::pair<const char*, Reach> rows[] = {
      {"www/index.html", Reach::kServed},
      {"www/deep/er/page.html", Reach::kServed},
      {"www/new.log", Reach::kServed},
      {"etc/link.pem", Reach::kServed},
      {"etc/../www/x", Reach::kServed},
      {"etc/key.pem", Reach::kPrivate},  // A link that leads out of the root is not followed.
      {"etc/new.log", Reach::kPrivate},
      {"www.log", Reach::kPrivate},
      {"nowhere/new.log", Reach::kPrivate},
  };
  for (const auto& [file, expected] : rows) EXPECT_EQ(reach(file), expected) << file;
}

TEST_F(ServedTreeTest, HardLinks) {
  fs::create_hard_link(directory_.path() / "etc/key.pem", directory_.path() / "etc/again.pem");
  EXPECT_EQ(reach("etc/key.pem"), Reach::kPrivate);
  fs::create_hard_link(directory_.path() / "etc/key.pem", directory_.path() / "www/deep/er/k");
  EXPECT_EQ(reach("etc/key.pem"), Reach::kServed);
}

TEST_F(ServedTreeTest, TheWalkIsBounded) {
  fs::create_hard_link(directory_.path() / "etc/key.pem", directory_.path() / "etc/again.pem");
  for (const auto& [max_files, expected] :
       {std::pair(std::size_t{3}, Reach::kUnknown), {5, Reach::kPrivate}}) {
    ServedTree tree(directory_ / "www", "/dev/null", max_files);
    EXPECT_EQ(tree.look_for(directory_ / "etc/key.pem").reach, expected) << max_files;
  }
}

// A symbolic link stands for what only root may do: it is the same directory under another name.
TEST_F(ServedTreeTest, Mounts) {
  fs::create_directory_symlink("../etc", directory_.path() / "www/a b");
  fs::create_directory_symlink("www", directory_.path() / "elsewhere");
  const std::string point = fs::canonical(directory_.path()).string() + "/www/a\\040b";
  const std::string mounts = directory_.write(
      "mounts", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 22 8:1 /etc " + point + " rw - ext4 /dev/sda1 rw\n");
  EXPECT_EQ(reach("etc/key.pem", mounts), Reach::kServed);
  EXPECT_EQ(reach("etc/key.pem"), Reach::kPrivate);
  EXPECT_EQ(reach("elsewhere/index.html", mounts), Reach::kServed);
  EXPECT_EQ(reach("mounts", mounts), Reach::kPrivate);
}

}  // namespace
}  // namespace pollux::server
