#include "site/password_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "base/file_version.h"
#include "base/unique_fd.h"
#include "log/logger.h"

namespace pollux::site {

namespace {

std::string reason_of(int error) { return std::generic_category().message(error); }

std::string too_large() { return fmt::format("it is larger than {} octets", kMaxFileOctets); }

}  // namespace

PasswordFile::PasswordFile(std::string path) : path_(std::move(path)) {
  const MutexLock lock(reading_);
  if (const std::string problem = read(); !problem.empty())
    throw std::runtime_error(fmt::format("the password file {} cannot be used: {}", path_, problem));
}

std::shared_ptr<const PasswordFile::Content> PasswordFile::current(TimePoint now) {
  {
    const MutexLock lock(mutex_);
    if (now < look_again_) return content_;
  }
  if (reading_.try_lock()) {
    const MutexLock reading(reading_, std::adopt_lock);
    read_again();
    const MutexLock lock(mutex_);
    look_again_ = now + kFresh;
  }
  const MutexLock lock(mutex_);
  return content_;
}

void PasswordFile::read_again() {
  std::string problem = read();
  if (problem == problem_) return;
  problem_ = std::move(problem);
  if (!problem_.empty()) {
    log::error("the password file {} cannot be used, its last good version is: {}", path_, problem_);
  } else {
    log::info("the password file {} can be used again", path_);
  }
}

// O_NONBLOCK: a pipe in place of the file must not block.
std::string PasswordFile::read() {
  UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  const bool found = fd && ::fstat(fd.get(), &status) == 0;
  if (found && seen_ && same_file_and_version(*seen_, status)) return problem_;
  seen_.reset();
  if (!found) return reason_of(errno);
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  if (static_cast<std::size_t>(status.st_size) > kMaxFileOctets) return too_large();
  const std::shared_ptr<const FileVersion> version = FileVersion::load(fd);
  if (!version) return reason_of(errno);
  if (version->settled()) seen_ = version->status();
  const std::optional<std::string_view> text = version->snapshot();
  return text ? use(*text) : too_large();  // It has grown since.
}

std::string PasswordFile::use(std::string_view text) {
  const std::uint64_t hash = hash_(text);
  if (text_ == hash) return problem_of_text_;
  text_ = hash;
  HtpasswdFile file = Htpasswd::parse(text);
  for (const RuleError& error : file.errors) log::warn("{}:{}: {}", path_, error.line, error.message);
  problem_of_text_ =
      file.users.size() == 0 && !file.errors.empty() ? "there is no line that can be used" : "";
  if (!problem_of_text_.empty()) return problem_of_text_;
  const MutexLock lock(mutex_);
  const std::uint64_t generation = content_ ? content_->generation + 1 : 0;
  content_ =
      std::make_shared<const Content>(Content{std::move(file.users), std::move(file.errors), generation});
  return {};
}

}  // namespace pollux::site
