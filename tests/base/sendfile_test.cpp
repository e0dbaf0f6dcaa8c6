#include "base/sendfile.h"

#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "tests/base/temporary_file.h"

namespace pollux {
namespace {

TEST(Sendfile, OfFilesByTheirRule) {
  const TemporaryFile file("text");
  const UniqueFd fd = file.open();
  EXPECT_TRUE(may_sendfile(Sendfile::kOn, fd.get()));
  EXPECT_FALSE(may_sendfile(Sendfile::kOff, fd.get()));
  EXPECT_FALSE(may_sendfile(Sendfile::kAuto, fd.get())) << "it can be written";
  EXPECT_FALSE(may_sendfile(Sendfile::kAuto, -1));
}

TEST(Sendfile, OfAnImmutableFile) {
  const TemporaryFile file("text");
  const UniqueFd fd = file.open();
  int flags = 0;
  if (::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0) GTEST_SKIP() << "no attributes in this file system";
  const int immutable = flags | FS_IMMUTABLE_FL;
  if (::ioctl(fd.get(), FS_IOC_SETFLAGS, &immutable) != 0) GTEST_SKIP() << "the attribute is root's to give";
  EXPECT_TRUE(may_sendfile(Sendfile::kAuto, fd.get()));
  EXPECT_FALSE(may_sendfile(Sendfile::kOff, fd.get()));
  EXPECT_EQ(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags), 0);
  EXPECT_FALSE(may_sendfile(Sendfile::kAuto, fd.get()));
}

TEST(Sendfile, ReadOnlyIsTheWholeFileSystemNotAMountOfIt) {
  constexpr std::string_view kMounts =
      "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
      "22 21 254:0 /srv /srv/bind ro,relatime - ext4 /dev/vda rw,discard\n"
      "23 21 7:0 / /srv/image ro,nodev,relatime master:1 propagate_from:2 - squashfs /dev/loop0 "
      "ro,errors=continue\n"
      "24 21 254:1 / /srv/disk ro - ext4 /dev/vdb ro\n"
      "25 21 0:50 / /srv/nfs ro - nfs4 host:/export ro,vers=4.2\n"
      "26 21 0:51 / /srv/overlay ro - overlay overlay ro,lowerdir=/a:/b\n"
      "27 21 0:52 / /srv/odd ro - ext4\n"
      "28 21 0:53 / /srv/without\n"
      "29 21 0:54 / /srv/with\\040-\\040spaces ro - xfs /dev/a\\040b ro\n"
      "30";
  const struct {
    std::uint64_t mount;
    bool expected;
  } rows[] = {{21, false}, {22, false}, {23, true}, {24, true},  {25, false}, {26, false},
              {27, false}, {28, false}, {29, true}, {30, false}, {2, false},  {31, false}};
  for (const auto& row : rows) EXPECT_EQ(is_read_only(kMounts, row.mount), row.expected) << row.mount;
  EXPECT_FALSE(is_read_only("", 21));
}

}  // namespace
}  // namespace pollux
