// The directory a site is served from, and the only way into it.
//
// Every path is opened with openat2(2) and RESOLVE_BENEATH: the kernel refuses "..", absolute paths and
// symbolic links that would lead out of the directory, even if they are made during the call. (An absolute
// symbolic link is refused wherever it leads.)
//
// A directory needs search permission only, not read permission (mode 0711): nothing here lists one.
//
// The directory is kept open, so a request never sees half of one site and half of another. A new site may
// still replace it, by renaming directories or by a symbolic link that changes its target: the path is
// checked once a second. While it leads to no directory that can be entered, the last one stays. The log says
// so once, and again when there is one.
//
// Nothing else checks the rules of the site, so they always belong to the files that are served. The rules of
// a new directory are read before its first file can be opened. While the path leads nowhere, the last rules
// hold.
//
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "files/file_rules.h"

namespace pollux::files {

class DocumentRoot {
 public:
  static constexpr milliseconds kLookEvery{1000};

  // Throws std::system_error: no such directory, no permission, or a kernel without openat2 (before 5.6).
  // `rules`: nullptr: there are none; they must outlive the object.
  explicit DocumentRoot(std::string directory, FileRules* rules = nullptr);

  // The number of directories that the path has led to so far. Checks the path if that was not done for a
  // second. A thread that comes while another one checks waits for the result: after a quiet hour, none of
  // several clients gets a new file by old rules.
  [[nodiscard]] std::uint64_t generation(TimePoint now);

  // Whether the path leads to a directory that can be entered. Checks as generation() does.
  [[nodiscard]] bool there(TimePoint now);

  // Opens a file for reading, or a directory; a directory that cannot be read is opened for look-ups only
  // (O_PATH). `path`: decoded, beginning with '/'. Never blocks on a FIFO. On failure the result is empty and
  // errno has the reason; EXDEV: the path leads out of the directory.
  [[nodiscard]] UniqueFd open(std::string_view path) const;

 private:
  struct Directory;

  void look_if_due(TimePoint now) EXCLUDES(looking_);
  void look() REQUIRES_LOCK(looking_);
  void lose(std::string_view reason);
  void exchange(std::shared_ptr<const Directory> directory);
  [[nodiscard]] std::shared_ptr<const Directory> directory() const;

  const std::string path_;
  FileRules* const rules_;
  Mutex looking_;
  std::atomic<TimePoint> looked_{TimePoint()};  // Released when the result of the check is in force.
  std::atomic<std::uint64_t> generation_{0};  // Released when directory_ is set, acquired before it is used.
  std::atomic<bool> lost_{false};             // Relaxed: it guards nothing.
  mutable Mutex mutex_;
  std::shared_ptr<const Directory> directory_
      GUARDED_BY(mutex_);  // Shared with threads that are opening a file in it.
};

}  // namespace pollux::files
