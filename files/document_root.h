// The directory a site is served from, and the only way into it.
//
// Every path is opened with openat2(2) and RESOLVE_BENEATH: the kernel refuses "..", absolute
// paths and symbolic links that would lead out of the directory, also when they are made while we look.
// (An absolute symbolic link is refused wherever it leads to.)
//
// A directory needs to be searched only, not read (mode 0711): nothing here lists one.
//
// The directory is kept open, so a request never sees half of one site and half of another. A new site may
// take its place all the same, by renaming directories or by a symbolic link that leads elsewhere: once a
// second the path is looked at. When it leads to no directory that can be entered, the last one stays, and
// the log says so once; and again when there is one.
//
// The rules of the site are looked at together with its directory, and by nobody else: so they are always
// those of the files that are served. Of another directory they are read before its first file can be opened;
// while the path leads nowhere, those of the last one hold.
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
  // `rules`: nullptr: there are none. They must outlive this.
  explicit DocumentRoot(std::string directory, FileRules* rules = nullptr);

  // Counts how many directories the path has led to. Looks whether it is another one by now, if that
  // was not done for a second. A thread that comes while another one looks waits for what it finds: after a
  // quiet hour, none of several clients gets a new file by old rules.
  [[nodiscard]] std::uint64_t generation(TimePoint now);

  // Whether the path leads to a directory that can be entered. Looks as generation() does.
  [[nodiscard]] bool there(TimePoint now);

  // Opens a file for reading, or a directory; one that cannot be read is opened for looking up in it alone
  // (O_PATH). `path` begins with '/' and is decoded. Never blocks on a FIFO.
  // On failure the result is empty and errno tells; EXDEV: it leads out of the directory.
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
  std::atomic<TimePoint> looked_{TimePoint()};  // Released when what was found is in force.
  std::atomic<std::uint64_t> generation_{0};  // Released when directory_ is set, acquired before it is used.
  std::atomic<bool> lost_{false};             // Relaxed: it guards nothing.
  mutable Mutex mutex_;
  std::shared_ptr<const Directory> directory_
      GUARDED_BY(mutex_);  // Shared with those who are opening a file in it.
};

}  // namespace pollux::files
