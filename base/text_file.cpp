#include "base/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/unique_fd.h"

namespace pollux {

namespace {

// 0: it is a regular file.
int error_of_kind(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno;
  if (S_ISREG(status.st_mode)) return 0;
  return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
}

}  // namespace

FileText read_text_file(const std::string& path, std::size_t max_octets, FileKind kind) {
  const bool regular = kind == FileKind::kRegular;
  const int without_waiting = regular ? O_NONBLOCK | O_NOCTTY : 0;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | without_waiting));
  if (!fd) return {{}, errno};
  if (const int error = regular ? error_of_kind(fd.get()) : 0; error != 0) return {{}, error};
  // Bounded by reading, not by fstat: the size of a pipe or a device says nothing.
  std::string text(max_octets + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {{}, errno};
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  if (length > max_octets) return {{}, EFBIG};
  text.resize(length);
  return {std::move(text), 0};
}

}  // namespace pollux
