#include "base/file_version.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <limits>
#include <utility>

#include "base/clock.h"

namespace pollux {

namespace {

constexpr std::uint64_t kWindow =
    512 * 1024;  // Octets mapped at once, so that memory does not grow with the file.
constexpr std::uint64_t kTail = 16 * 1024;  // Octets held back until the file is known to be unchanged.
constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);

constexpr std::uint64_t kSampled = 8;   // Places of a sample,
constexpr std::uint64_t kPlace = 4096;  // and their octets.

bool same_octets(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && nanoseconds(a.st_mtim) == nanoseconds(b.st_mtim);
}

bool same_version(const struct stat& a, const struct stat& b) {
  return same_octets(a, b) && nanoseconds(a.st_ctim) == nanoseconds(b.st_ctim);
}

// By the clock that the kernel stamps files with.
WallTime file_time() {
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return WallTime(std::chrono::nanoseconds(nanoseconds(now)));
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

bool holds_exactly(int fd, std::string_view octets) {
  std::array<char, 16 * 1024> piece;
  for (std::uint64_t offset = 0; offset < octets.size(); offset += piece.size()) {
    const std::string_view expected = octets.substr(offset, piece.size());
    if (!read_exactly(fd, piece.data(), expected.size(), offset)) return false;
    if (std::string_view(piece.data(), expected.size()) != expected) {
      errno = EBUSY;
      return false;
    }
  }
  return true;
}

// A hash of octets spread over a file of that size. std::nullopt: it could not be read, or has shrunk.
// REQUIRES: size > kPlace.
std::optional<std::size_t> sample_of(int fd, std::uint64_t size) {
  std::array<char, kSampled * kPlace> octets;
  for (std::uint64_t i = 0; i < kSampled; ++i) {
    const std::uint64_t offset = (size - kPlace) / (kSampled - 1) * i;
    const bool last = i == kSampled - 1;
    if (!read_exactly(fd, &octets[i * kPlace], kPlace, last ? size - kPlace : offset)) return std::nullopt;
  }
  return std::hash<std::string_view>()({octets.data(), octets.size()});
}

// One attempt to copy a small file. false with EBUSY in errno: it was being changed.
bool copy_whole(int fd, const struct stat& status, bool settled, std::string& octets) {
  octets.resize(static_cast<std::size_t>(status.st_size));
  if (!read_exactly(fd, octets.data(), octets.size(), 0)) return false;
  if (!settled && !holds_exactly(fd, octets)) return false;
  struct stat after {};
  if (::fstat(fd, &after) != 0) return false;
  errno = EBUSY;
  const bool appended = !settled && after.st_size > status.st_size;  // Read twice alike: a prefix.
  return appended || same_version(status, after);
}

}  // namespace

bool same_file_and_version(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && same_version(a, b);
}

std::chrono::nanoseconds unchanged_for(const struct stat& status, WallTime now) {
  const std::chrono::nanoseconds age =
      now.time_since_epoch() - std::chrono::nanoseconds(nanoseconds(status.st_ctim));
  return age > -kSecond ? age : std::chrono::nanoseconds::max();
}

std::shared_ptr<const FileVersion> FileVersion::load(UniqueFd& fd, Sendfile sendfile,
                                                     std::int64_t earlier_size) {
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const WallTime now = file_time();
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return nullptr;
    const std::chrono::nanoseconds age = unchanged_for(status, now);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto sendable = [&](bool settled) {
      return settled && size >= kSendfileFrom && may_sendfile(sendfile, fd.get());
    };
    if (size > kSnapshotLimit) {
      const bool settled = age > std::chrono::nanoseconds(0);
      if (settled || status.st_size > earlier_size) return load_large(fd, status, settled, sendable(settled));
      errno = EAGAIN;
      return nullptr;
    }
    const bool settled = age > kSecond;
    std::string octets;
    if (copy_whole(fd.get(), status, settled, octets)) {
      return std::make_shared<const FileVersion>(status, settled, std::move(octets),
                                                 sendable(settled) ? std::move(fd) : UniqueFd());
    }
    if (errno != EBUSY) return nullptr;
  }
  return nullptr;
}

std::shared_ptr<const FileVersion> FileVersion::load_large(UniqueFd& fd, const struct stat& status,
                                                           bool settled, bool sendable) {
  const auto sample = sample_of(fd.get(), static_cast<std::uint64_t>(status.st_size));
  if (!sample) return nullptr;
  return std::make_shared<const FileVersion>(status, settled, sendable, std::move(fd), *sample);
}

std::optional<std::string_view> FileVersion::snapshot() const { return snapshot_; }

bool FileVersion::read(std::uint64_t offset, std::span<char> to, bool last) const {
  if (!snapshot_) return read_exactly(fd_.get(), to.data(), to.size(), offset) && (!last || unchanged());
  std::copy_n(snapshot_->begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
  return true;
}

bool FileVersion::untouched() const {
  struct stat now {};
  return ::fstat(fd_.get(), &now) == 0 && same_version(now, status_);
}

bool FileVersion::unchanged() const {
  struct stat now {};
  if (::fstat(fd_.get(), &now) != 0) return false;
  if (same_version(now, status_)) return true;
  const bool appended = now.st_size > status_.st_size;
  return (appended || same_octets(now, status_)) && sample_of(fd_.get(), size()) == sample_;
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
