#include "castor/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/unique_fd.h"

namespace pollux::castor {

namespace {

constexpr mode_t kNewFile = 0666;  // And the umask.

struct Place {
  std::string path;  // After following symbolic links.
  bool exists = false;
  bool replaces = false;  // By a draft.
  mode_t mode = kNewFile;
};

Place place_of(const std::string& path) {
  Place place{.path = path};
  struct stat status {};
  place.exists = ::stat(path.c_str(), &status) == 0;
  if (place.exists) place.mode = status.st_mode & 07777;
  place.replaces = !place.exists || S_ISREG(status.st_mode);
  std::error_code error;
  if (const auto real = std::filesystem::weakly_canonical(path, error); !error) place.path = real.string();
  return place;
}

std::string draft_of(const Place& place) { return place.path + ".tmp"; }

UniqueFd open_draft(const Place& place) {
  return UniqueFd(::open(draft_of(place).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kNewFile));
}

// Closes it, since some file systems report a lack of room only then. 0 or errno.
int write_all(UniqueFd fd, std::string_view text) {
  if (!fd) return errno;
  while (!text.empty()) {
    const ssize_t count = ::write(fd.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::close(fd.release()) == 0 ? 0 : errno;
}

}  // namespace

int write_file(const std::string& path, std::string_view text) {
  const Place place = place_of(path);
  UniqueFd draft = place.replaces ? open_draft(place) : UniqueFd();
  if (!draft) {
    return write_all(UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kNewFile)),
                     text);
  }
  if (place.exists) (void)::fchmod(draft.get(), place.mode);
  int error = write_all(std::move(draft), text);
  if (error == 0 && ::rename(draft_of(place).c_str(), place.path.c_str()) != 0) error = errno;
  if (error != 0) (void)::unlink(draft_of(place).c_str());
  return error;
}

int check_writable(const std::string& path) {
  const Place place = place_of(path);
  if (place.exists) return ::access(path.c_str(), W_OK) == 0 ? 0 : errno;
  const UniqueFd draft = open_draft(place);
  if (!draft) return errno;
  (void)::unlink(draft_of(place).c_str());
  return 0;
}

}  // namespace pollux::castor
