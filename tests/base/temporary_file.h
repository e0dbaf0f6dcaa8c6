// A file of its own in a temporary directory, gone at the end of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/file_version.h"

namespace pollux {

inline constexpr std::uint64_t kLarge = FileVersion::kSnapshotLimit + 3 * 1024 * 1024 + 17;

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& octets) {
    fd_.reset(::mkstemp(path_));
    write(octets);
    backdate();
  }
  ~TemporaryFile() {
    ::unlink(path_);
    ::unlink(other_name().c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& octets, off_t at = 0) const {
    ASSERT_EQ(::pwrite(fd_.get(), octets.data(), octets.size(), at), static_cast<ssize_t>(octets.size()));
  }
  void truncate(std::uint64_t size) const { ASSERT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(size)), 0); }
  void backdate() const {
    const struct timespec times[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(::futimens(fd_.get(), times), 0);
  }
  void rewrite(const std::string& octets) const { truncate(0), write(octets); }
  void replace(const std::string& octets) const {
    const TemporaryFile other(octets);
    ASSERT_EQ(::rename(other.path_, path_), 0);
  }
  void remove() const { ASSERT_EQ(::unlink(path_), 0); }
  void change_mode() const { ASSERT_EQ(::fchmod(fd_.get(), 0640), 0); }
  void change_owner() const { ASSERT_EQ(::fchown(fd_.get(), ::geteuid(), ::getegid()), 0); }
  void link() const { ASSERT_EQ(::link(path_, other_name().c_str()), 0); }
  void rename() const { ASSERT_EQ(::rename(path_, other_name().c_str()), 0); }

  [[nodiscard]] std::string path() const { return path_; }
  [[nodiscard]] UniqueFd open(int how = O_RDONLY) const { return UniqueFd(::open(path_, how | O_CLOEXEC)); }

  // Of a large file that was changed in the current tick: when the tick is over.
  [[nodiscard]] std::shared_ptr<const FileVersion> load(Sendfile sendfile = Sendfile::kOff) const {
    UniqueFd fd = open();
    auto version = FileVersion::load(fd, sendfile);
    while (!version && errno == EAGAIN) version = FileVersion::load(fd, sendfile);
    return version;
  }

  // As a small file is loaded that was not changed for a while, with `fd` for sendfile(2).
  [[nodiscard]] std::shared_ptr<const FileVersion> load_sendable(UniqueFd fd) const {
    struct stat status {};
    EXPECT_EQ(::fstat(fd.get(), &status), 0);
    return std::make_shared<const FileVersion>(status, true, std::string(load()->snapshot().value()),
                                               std::move(fd));
  }

 private:
  [[nodiscard]] std::string other_name() const { return std::string(path_) + ".other"; }

  char path_[32] = "/tmp/pollux-file-XXXXXX";
  UniqueFd fd_;
};

inline std::string pattern(std::uint64_t size) {
  std::string octets(size, '\0');
  for (std::uint64_t i = 0; i < size; ++i) octets[i] = static_cast<char>('a' + (i * 7 + i / 4096) % 26);
  return octets;
}

}  // namespace pollux
