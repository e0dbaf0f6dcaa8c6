// A password file (htpasswd.h) that is read again when it has changed.
//
// It is checked once a second at most, by one thread, while other threads use the known content. A file that
// cannot be read any more, or has no usable line, changes nothing: the last good content holds, and the log
// says so once. An empty file is good, and lets nobody in.
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
    std::uint64_t generation = 0;  // A new one each time.
  };

  static constexpr milliseconds kFresh{1000};

  // Reads the file and logs its unusable lines. Throws std::runtime_error if it cannot be read, or no line
  // can be used.
  explicit PasswordFile(std::string path);
  PasswordFile(const PasswordFile&) = delete;
  PasswordFile& operator=(const PasswordFile&) = delete;

  // Reads from the disk if the file has changed. Shared, because other threads may still use the replaced
  // content.
  [[nodiscard]] std::shared_ptr<const Content> current(TimePoint now) EXCLUDES(reading_, mutex_);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  // Returns the error; empty: none, and content_ has the file's content.
  [[nodiscard]] std::string read() REQUIRES_LOCK(reading_) EXCLUDES(mutex_);
  [[nodiscard]] std::string use(std::string_view text) REQUIRES_LOCK(reading_) EXCLUDES(mutex_);
  void read_again() REQUIRES_LOCK(reading_) EXCLUDES(mutex_);

  const std::string path_;
  const KeyedHash hash_;

  Mutex reading_;  // One thread at a time reads the file.
  // Its status when it was read; std::nullopt: a later change might not show in the status.
  std::optional<struct stat> seen_ GUARDED_BY(reading_);
  std::optional<std::uint64_t> text_ GUARDED_BY(reading_);  // A hash of its text,
  std::string problem_of_text_ GUARDED_BY(reading_);        // and the error in that text.
  std::string problem_ GUARDED_BY(reading_);                // From the last reading; already logged.

  Mutex mutex_;
  std::shared_ptr<const Content> content_ GUARDED_BY(mutex_);
  TimePoint look_again_ GUARDED_BY(mutex_) = TimePoint::min();
};

}  // namespace pollux::site
