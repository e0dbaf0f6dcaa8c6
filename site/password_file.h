// A password file (htpasswd.h) that is read again when it has changed.
//
// Looked at once a second at most, by one thread, while the others go on with what is known. A file that
// cannot be read any more, or of which no line can be used, changes nothing: the last good one holds, and the
// log says so once. An empty file is a good one, and lets nobody in.
//
// Thread: any.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/keyed_hash.h"
#include "base/mutex.h"
#include "site/htpasswd.h"

namespace pollux::site {

class PasswordFile {
 public:
  struct Content {
    Htpasswd users;
    std::vector<RuleError> errors;
    std::uint64_t generation = 0;  // Another one each time.
  };

  static constexpr milliseconds kFresh{1000};

  // Reads it, and says in the log which lines cannot be used. Throws std::runtime_error if it cannot be read,
  // or if none can.
  explicit PasswordFile(std::string path);
  PasswordFile(const PasswordFile&) = delete;
  PasswordFile& operator=(const PasswordFile&) = delete;

  // Reads from the disk if the file has changed. Shared, because others may still use what is replaced.
  [[nodiscard]] std::shared_ptr<const Content> current(TimePoint now) EXCLUDES(reading_, mutex_);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  // What is wrong; empty: nothing, and content_ is what the file says.
  [[nodiscard]] std::string read() REQUIRES_LOCK(reading_) EXCLUDES(mutex_);
  [[nodiscard]] std::string use(std::string_view text) REQUIRES_LOCK(reading_) EXCLUDES(mutex_);
  void read_again() REQUIRES_LOCK(reading_) EXCLUDES(mutex_);

  const std::string path_;
  const KeyedHash hash_;

  Mutex reading_;  // One thread at a time reads the file.
  // How it looked when it was read; std::nullopt: a later change might not show in its status.
  std::optional<struct stat> seen_ GUARDED_BY(reading_);
  std::optional<std::uint64_t> text_ GUARDED_BY(reading_);  // A hash of what it said,
  std::string problem_of_text_ GUARDED_BY(reading_);        // and what is wrong with that.
  std::string problem_ GUARDED_BY(reading_);                // Of the last reading; the log has it.

  Mutex mutex_;
  std::shared_ptr<const Content> content_ GUARDED_BY(mutex_);
  TimePoint look_again_ GUARDED_BY(mutex_) = TimePoint::min();
};

}  // namespace pollux::site
