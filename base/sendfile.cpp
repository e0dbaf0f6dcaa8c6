#include "base/sendfile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>

namespace pollux {

namespace {

constexpr std::array<std::string_view, 8> kLocal = {"btrfs",   "erofs",    "ext4",  "f2fs",
                                                    "iso9660", "squashfs", "tmpfs", "xfs"};

std::string read_mountinfo() {
  std::ifstream file("/proc/self/mountinfo");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext4 /dev/root rw,errors=continue"
bool is_local_and_read_only(std::string_view line) {
  constexpr std::string_view kSeparator = " - ";  // Behind it: type, source, options of the superblock.
  const std::size_t separator = line.find(kSeparator);
  if (separator == std::string_view::npos) return false;
  line.remove_prefix(separator + kSeparator.size());
  const std::string_view type = take_word(line);
  (void)take_word(line);
  const std::string_view option = line.substr(0, line.find(','));
  return option == "ro" && std::find(kLocal.begin(), kLocal.end(), type) != kLocal.end();
}

bool cannot_change(int fd) {
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) != 0) return false;
  if ((status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_VERITY)) != 0) return true;
  struct statvfs mount {};
  if ((status.stx_mask & STATX_MNT_ID) == 0 || ::fstatvfs(fd, &mount) != 0) return false;
  // Most mounts are writable: then the list need not be read.
  return (mount.f_flag & ST_RDONLY) != 0 && is_read_only(read_mountinfo(), status.stx_mnt_id);
}

}  // namespace

bool may_sendfile(Sendfile rule, int fd) {
  return rule == Sendfile::kOn || (rule == Sendfile::kAuto && cannot_change(fd));
}

bool is_read_only(std::string_view mountinfo, std::uint64_t mount) {
  const std::string number = std::to_string(mount);
  while (!mountinfo.empty()) {
    std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    if (take_word(line) == number) return is_local_and_read_only(line);
  }
  return false;
}

}  // namespace pollux
