// A file that is read again when it has changed, but not while it is being written.
//
// Half a file of rules could open what the whole file guards. So a change counts once the file has been left
// alone for a second. Its change time shows that at the first look: after a quiet hour, the first request
// already gets the new rules. Two successive looks with the same result are enough, too: a missing file has
// no times, and times from another host's clock may be ahead of ours.
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
  // `path` may be empty: there is no file, and it never changes. Looks at the file, and considers this
  // version to be in use.
  explicit WatchedFile(std::string path);

  // Looks again. true: the file differs from the version in use, and was left alone. `now`: read before the
  // call. REQUIRES: looks are a second apart.
  [[nodiscard]] bool look(WallTime now);

  // Whether the file is still as the last look found it: then everything read meanwhile is of that version.
  [[nodiscard]] bool is_as_seen() const;

  // The version of the last look is in use from now on.
  void use() { used_ = seen_; }

 private:
  using Status = std::optional<struct stat>;  // std::nullopt: it does not exist.

  [[nodiscard]] Status status() const;

  const std::string path_;
  Status seen_;
  Status used_;
};

}  // namespace pollux::site
