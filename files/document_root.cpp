#include "files/document_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/metrics.h"
#include "log/logger.h"

namespace pollux::files {

namespace {

int open_beneath(int directory, const std::string& path, std::uint64_t flags) {
  struct open_how how {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int kAttempts = 8;
  int fd = -1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
    // EAGAIN: a directory on the way was renamed while the kernel resolved a "..", see openat2(2).
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}

// Opens a directory for look-ups: search permission is enough. The kernel checks it when it looks up the "."
// in it.
int open_directory(int directory, const std::string& path) {
  return open_beneath(directory, path + "/.", O_PATH | O_DIRECTORY);
}

}  // namespace

struct DocumentRoot::Directory {
  // Throws std::system_error.
  explicit Directory(const std::string& path) : fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    const auto fail = [&path](const char* why = "") {
      throw std::system_error(errno, std::system_category(), "site root " + path + why);
    };
    if (!fd || ::fstat(fd.get(), &status) != 0) fail();
    const UniqueFd probe(open_directory(fd.get(), "."));
    if (!probe) fail();
    if (!is_within_sandbox()) fail(" is outside of the sandbox that is in force");
  }

  // The refusal of a sandbox (landlock(7)) shows neither in permissions nor in descriptors opened with
  // O_PATH. So a directory that may be read is opened for reading, too. Sets errno.
  [[nodiscard]] bool is_within_sandbox() const {
    if (::faccessat(fd.get(), ".", R_OK, AT_EACCESS) != 0) return true;  // It cannot be found out.
    return static_cast<bool>(UniqueFd(::openat(fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  }

  // Its number stays taken as long as it is open, so no other directory can have it.
  [[nodiscard]] bool is(const struct stat& other) const {
    return status.st_dev == other.st_dev && status.st_ino == other.st_ino;
  }

  UniqueFd fd;
  struct stat status {};
};

DocumentRoot::DocumentRoot(std::string directory, FileRules* rules)
    : path_(std::move(directory)), rules_(rules), directory_(std::make_shared<const Directory>(path_)) {}

std::uint64_t DocumentRoot::generation(TimePoint now) {
  look_if_due(now);
  return generation_.load(std::memory_order_acquire);
}

bool DocumentRoot::there(TimePoint now) {
  look_if_due(now);
  return !lost_.load(std::memory_order_relaxed);
}

void DocumentRoot::look_if_due(TimePoint now) {
  const auto is_due = [&] { return now - looked_.load(std::memory_order_acquire) >= kLookEvery; };
  if (!is_due()) return;
  const MutexLock lock(looking_);
  if (!is_due()) return;  // Another thread has checked while this one waited.
  look();
  looked_.store(now, std::memory_order_release);
}

void DocumentRoot::look() {
  struct stat status {};
  // Looks up the "." in it: it exists only in a directory, for users who may enter it.
  if (::stat((path_ + "/.").c_str(), &status) != 0) return lose(std::system_category().message(errno));
  const bool another = !directory()->is(status);
  if (another) {
    try {
      auto next = std::make_shared<const Directory>(path_);
      if (rules_ != nullptr && !rules_->read_anew()) return;
      exchange(std::move(next));
    } catch (const std::system_error& error) {
      return lose(error.code().message());
    }
  } else if (rules_ != nullptr) {
    rules_->look();
  }
  if (lost_.exchange(false, std::memory_order_relaxed)) log::warn("site root {} is back", path_);
  if (another) log::info("site root {} is another directory now", path_);
}

void DocumentRoot::lose(std::string_view reason) {
  if (lost_.exchange(true, std::memory_order_relaxed)) return;  // Already logged.
  metrics::count(metrics::Counter::kRootLost);
  log::error("site root {}: {}; the directory that was there before is served on, as far as it still exists",
             path_, reason);
}

void DocumentRoot::exchange(std::shared_ptr<const Directory> directory) {
  const MutexLock lock(mutex_);
  directory_.swap(directory);
  generation_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const DocumentRoot::Directory> DocumentRoot::directory() const {
  const MutexLock lock(mutex_);
  return directory_;
}

UniqueFd DocumentRoot::open(std::string_view path) const {
  const std::string relative(path == "/" ? std::string_view(".") : path.substr(1));
  const auto root = directory();
  // O_NONBLOCK: opening a FIFO returns at once; a regular file ignores it.
  UniqueFd fd(open_beneath(root->fd.get(), relative, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (fd || errno != EACCES) return fd;
  fd.reset(open_directory(root->fd.get(), relative));
  if (!fd) errno = EACCES;  // Usually it is no directory any more.
  return fd;
}

}  // namespace pollux::files
