// A file that is read again when it has changed, but not while it is being written.
//
// Half a file of rules could open what the whole one guards. So a change counts once the file has been left
// alone for a second, which its change time tells at the first look: after a quiet hour, the first request
// already goes by what the file says now. Two looks in turn that find the same will do, too: a file that is
// not there has no times, and those of another host's clock may be ahead of ours.
//
// Thread: one at a time.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/clock.h"

namespace pollux::site {

class WatchedFile {
 public:
  // `path` may be empty: there is no file, and it never changes. Looks, and takes what is found for used.
  explicit WatchedFile(std::string path);

  // Looks once more. Whether the file is another one than the one in use, and left alone. `now`: read before.
  // REQUIRES: looks are a second apart.
  [[nodiscard]] bool look(WallTime now);

  // Whether it still is what the last look found: then all that was read meanwhile is of that version.
  [[nodiscard]] bool is_as_seen() const;

  // What the last look found is in use from now on.
  void use() { used_ = seen_; }

 private:
  using Status = std::optional<struct stat>;  // std::nullopt: it is not there.

  [[nodiscard]] Status status() const;

  const std::string path_;
  Status seen_;
  Status used_;
};

}  // namespace pollux::site
