// The files that may be sent by sendfile(2).
//
// sendfile(2) gives the pages of a file to the socket by reference, which saves the copy. But until the
// client has them, they are still the file's pages: writing to the file in place, or truncating it, changes
// octets that count as sent, under the entity tag of the old ones. So the file must not change.
//
// "Cannot change" means one of
//  - the attribute "immutable" (chattr +i): the kernel refuses all writing, by root as well;
//  - fs-verity: the file can be deleted, never written;
//  - a local file system that is read-only as a whole (its superblock is: every mount of it). A read-only
//    mount of one that is writable elsewhere does not count, nor do network file systems, FUSE and overlays,
//    whose files change behind the mount.
//
// An administrator can undo the first and the last, so the file is checked again before each call
// (FileVersion::untouched()).
//
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux {

enum class Sendfile : std::uint8_t {
  kAuto,  // For files that cannot change.
  kOn,    // For all files: they are replaced by renaming, never written in place.
  kOff,
};

// `fd`: an open regular file.
[[nodiscard]] bool may_sendfile(Sendfile rule, int fd);

// Whether the line of /proc/self/mountinfo (proc_pid_mountinfo(5)) with this number at its beginning
// describes a local file system with a read-only superblock.
[[nodiscard]] bool is_read_only(std::string_view mountinfo, std::uint64_t mount);

}  // namespace pollux
