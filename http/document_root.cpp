#include "http/document_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace pollux::http {

namespace {

int open_beneath(int folder, const char* path) {
  struct open_how how {};
  // O_NONBLOCK: opening a FIFO returns at once; a regular file ignores it.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int kAttempts = 8;
  int fd = -1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
    // EAGAIN: something on the way was renamed while the kernel looked at a "..", see openat2(2).
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}

}  // namespace

DocumentRoot::DocumentRoot(const std::string& folder)
    : folder_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!folder_) throw std::system_error(errno, std::system_category(), "site root " + folder);
  const UniqueFd probe(open_beneath(folder_.get(), "."));
  if (!probe) throw std::system_error(errno, std::system_category(), "site root " + folder);
}

UniqueFd DocumentRoot::open(std::string_view path) const {
  const std::string relative(path == "/" ? std::string_view(".") : path.substr(1));
  return UniqueFd(open_beneath(folder_.get(), relative.c_str()));
}

}  // namespace pollux::http
