#include "base/file_version.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace pollux {

namespace {

constexpr std::uint64_t kWindow =
    512 * 1024;  // Octets mapped at once, so that memory does not grow with the file.
constexpr std::uint64_t kTail = 16 * 1024;  // Octets held back until the file is known to be unchanged.
constexpr int kSettleAttempts = 20;         // Of about 1 ms each.

std::int64_t nanoseconds(const struct timespec& time) { return time.tv_sec * 1'000'000'000L + time.tv_nsec; }

bool same_version(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && nanoseconds(a.st_mtim) == nanoseconds(b.st_mtim);
}

// True when a change from now on is certain to get another modification time than the file has.
// CLOCK_REALTIME_COARSE is the clock the kernel stamps files with.
bool settled(const struct stat& status, const struct timespec& before) {
  const std::int64_t age = nanoseconds(before) - nanoseconds(status.st_mtim);
  return age > 0 || age < -1'000'000'000L;  // A date in the future was set by hand.
}

bool settle(int fd, struct stat& status) {
  for (int attempt = 0; attempt < kSettleAttempts; ++attempt) {
    struct timespec before {};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &before);
    if (::fstat(fd, &status) != 0) return false;
    if (settled(status, before)) return true;
    const struct timespec pause { 0, 1'000'000 };
    ::nanosleep(&pause, nullptr);
  }
  errno = EBUSY;
  return false;
}

bool read_exactly(int fd, char* to, std::uint64_t length, std::uint64_t offset) {
  while (length > 0) {
    const ssize_t got = ::pread(fd, to, length, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0) errno = EBUSY;  // It shrank.
      return false;
    }
    to += got;
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace

std::shared_ptr<const FileVersion> FileVersion::load(UniqueFd fd) {
  constexpr int kAttempts = 3;
  struct stat status {};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!settle(fd.get(), status)) return nullptr;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > kSnapshotLimit)
      return std::make_shared<const FileVersion>(std::move(fd), status, std::string());

    std::string octets(size, '\0');
    const bool whole = read_exactly(fd.get(), octets.data(), size, 0);
    if (!whole && errno != EBUSY) return nullptr;
    struct stat after {};
    if (::fstat(fd.get(), &after) != 0) return nullptr;
    if (whole && same_version(status, after)) {
      return std::make_shared<const FileVersion>(UniqueFd(), status, std::move(octets));
    }
  }
  errno = EBUSY;
  return nullptr;
}

FileVersion::FileVersion(UniqueFd fd, const struct stat& status, std::string snapshot)
    : fd_(std::move(fd)), status_(status), snapshot_(std::move(snapshot)) {}

std::optional<std::string_view> FileVersion::snapshot() const {
  if (fd_) return std::nullopt;
  return snapshot_;
}

bool FileVersion::read(std::uint64_t offset, std::span<char> to, bool last) const {
  if (fd_) return read_exactly(fd_.get(), to.data(), to.size(), offset) && (!last || unchanged());
  std::copy_n(snapshot_.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
  return true;
}

bool FileVersion::unchanged() const {
  struct stat status {};
  return ::fstat(fd_.get(), &status) == 0 && same_version(status, status_);
}

FileWindow::FileWindow(FileWindow&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_(other.mapped_),
      copy_(std::move(other.copy_)),
      offset_(other.offset_),
      view_(std::exchange(other.view_, {})) {}

FileWindow& FileWindow::operator=(FileWindow&& other) noexcept {
  if (this == &other) return *this;
  close();
  mapping_ = std::exchange(other.mapping_, nullptr);
  mapped_ = other.mapped_;
  copy_ = std::move(other.copy_);
  offset_ = other.offset_;
  view_ = std::exchange(other.view_, {});
  return *this;
}

bool FileWindow::open(const FileVersion& file, std::uint64_t offset, std::uint64_t length) {
  close();
  offset_ = offset;
  if (length <= kTail) {
    copy_ = std::make_unique_for_overwrite<char[]>(length);
    if (!file.read(offset, {copy_.get(), length}, true)) return false;
    view_ = {copy_.get(), length};
    return true;
  }
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t shown = std::min(kWindow, length - kTail);
  const std::uint64_t start = offset / page * page;
  const std::uint64_t lead = offset - start;
  // MAP_POPULATE: one call maps every page that is in the page cache, instead of one fault for each few.
  void* mapping = ::mmap(nullptr, lead + shown, PROT_READ, MAP_SHARED | MAP_POPULATE, file.fd(),
                         static_cast<off_t>(start));
  if (mapping == MAP_FAILED) return false;
  mapping_ = mapping;
  mapped_ = lead + shown;
  view_ = {static_cast<const char*>(mapping) + lead, shown};
  return true;
}

void FileWindow::close() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
  mapping_ = nullptr;
  copy_.reset();
  view_ = {};
}

std::string_view FileWindow::from(std::uint64_t offset) const {
  if (offset < offset_ || offset - offset_ >= view_.size()) return {};
  return view_.substr(offset - offset_);
}

}  // namespace pollux
