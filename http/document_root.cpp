#include "http/document_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "log/logger.h"

namespace pollux::http {

namespace {

int open_beneath(int directory, const char* path) {
  struct open_how how {};
  // O_NONBLOCK: opening a FIFO returns at once; a regular file ignores it.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int kAttempts = 8;
  int fd = -1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
    // EAGAIN: something on the way was renamed while the kernel looked at a "..", see openat2(2).
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}

}  // namespace

struct DocumentRoot::Directory {
  // Throws std::system_error.
  explicit Directory(const std::string& path) : fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    const auto fail = [&path] {
      throw std::system_error(errno, std::system_category(), "site root " + path);
    };
    if (!fd || ::fstat(fd.get(), &status) != 0) fail();
    const UniqueFd probe(open_beneath(fd.get(), "."));
    if (!probe) fail();
  }

  // Its number stays taken as long as it is open, so no other directory can have it.
  [[nodiscard]] bool is(const struct stat& other) const {
    return status.st_dev == other.st_dev && status.st_ino == other.st_ino;
  }

  UniqueFd fd;
  struct stat status {};
};

DocumentRoot::DocumentRoot(std::string directory)
    : path_(std::move(directory)), directory_(std::make_shared<const Directory>(path_)) {}

std::uint64_t DocumentRoot::generation(TimePoint now) {
  TimePoint looked = looked_.load(std::memory_order_relaxed);
  if (now - looked >= kLookEvery && looked_.compare_exchange_strong(looked, now, std::memory_order_relaxed)) {
    look();
  }
  return generation_.load(std::memory_order_acquire);
}

void DocumentRoot::look() {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 || directory()->is(status)) return;
  try {
    auto directory = std::make_shared<const Directory>(path_);
    const MutexLock lock(mutex_);
    directory_.swap(directory);
    generation_.fetch_add(1, std::memory_order_release);
  } catch (const std::system_error& error) {
    log::warn("{}; the folder that was there before is served on", error.what());
    return;
  }
  log::info("site root {} is another folder now", path_);
}

std::shared_ptr<const DocumentRoot::Directory> DocumentRoot::directory() const {
  const MutexLock lock(mutex_);
  return directory_;
}

UniqueFd DocumentRoot::open(std::string_view path) const {
  const std::string relative(path == "/" ? std::string_view(".") : path.substr(1));
  return UniqueFd(open_beneath(directory()->fd.get(), relative.c_str()));
}

}  // namespace pollux::http
