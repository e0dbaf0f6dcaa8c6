#include "server/process/pid_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/text_file.h"
#include "base/unique_fd.h"
#include "log/logger.h"

namespace pollux::server {

namespace {

std::string own_line() { return fmt::format("{}\n", ::getpid()); }

void write_whole(const std::string& path, const std::string& text) {
  const std::string draft = fmt::format("{}.{}", path, ::getpid());
  const auto fail = [&path, &draft] {
    const int error = errno;
    (void)::unlink(draft.c_str());
    throw std::system_error(error, std::system_category(), "cannot write the pid file " + path);
  };
  (void)::unlink(draft.c_str());  // From a process that had our id, and was killed.
  const UniqueFd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file || ::fchmod(file.get(), 0644) != 0) fail();  // Whatever the umask: it is not secret.
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail();
  if (::rename(draft.c_str(), path.c_str()) != 0) fail();
}

}  // namespace

PidFile::PidFile(std::string path)
    : path_(path.empty() ? std::move(path) : std::filesystem::absolute(path).string()) {
  if (!path_.empty()) write_whole(path_, own_line());
}

PidFile::~PidFile() {
  if (path_.empty()) return;
  if (read_text_file(path_, 64, FileKind::kRegular).text != own_line()) return;
  if (::unlink(path_.c_str()) != 0)
    log::warn("cannot remove the pid file {}: {}", path_, std::system_category().message(errno));
}

}  // namespace pollux::server
