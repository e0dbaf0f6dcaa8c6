#include "log/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/metrics.h"
#include "log/line.h"

namespace pollux::log {

namespace {

namespace fs = std::filesystem;

constexpr auto kRotationRetry = std::chrono::minutes(1);
constexpr std::size_t kMaxNotices = 4096;  // Octets. A file that stays full must not fill memory.

std::error_code last_error() { return {errno, std::generic_category()}; }

// O_NONBLOCK: a FIFO without a reader is an error now, not a start-up that hangs.
UniqueFd open_log(const fs::path& path) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  return UniqueFd(::open(path.c_str(), kFlags, 0640));
}

// The log itself is open for writing only. When it may not be read, hope for the best.
bool ends_within_line(const fs::path& path, std::uint64_t size) {
  if (size == 0) return false;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char last = '\n';
  return fd && ::pread(fd.get(), &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n';
}

bool is_same_file(int fd, const fs::path& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

WallTime modification_time(const struct stat& status) {
  const auto since_epoch =
      std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return WallTime(std::chrono::duration_cast<WallTime::duration>(since_epoch));
}

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

std::unique_ptr<FileSink> FileSink::open(const std::string& path, FileSinkOptions options) {
  UniqueFd fd = open_log(path);
  if (!fd) throw std::system_error(last_error(), "cannot open the log file " + path);
  return std::make_unique<FileSink>(std::move(fd), path, fs::absolute(path), std::move(options));
}

std::unique_ptr<FileSink> FileSink::attach(int fd, std::string name, FileSinkOptions options) {
  UniqueFd duplicate(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!duplicate) throw std::system_error(last_error(), "cannot log to " + name);
  auto sink =
      std::make_unique<FileSink>(std::move(duplicate), std::move(name), fs::path(), std::move(options));
  sink->reaches_stderr_ = fd == STDERR_FILENO;
  return sink;
}

FileSink::FileSink(UniqueFd fd, std::string name, fs::path path, FileSinkOptions options)
    : name_(std::move(name)),
      path_(std::move(path)),
      options_(std::move(options)),
      notice_(name_, options_.complain) {
  const MutexLock lock(mutex_);
  rotation_ = options_.rotation;
  adopt(std::move(fd));
}

// Takes over a descriptor and finds out the file's size and day.
void FileSink::adopt(UniqueFd fd) {
  fd_ = std::move(fd);
  medium_ = medium_of(fd_.get());
  stalled_ = false;
  mid_line_ = false;
  no_rotation_before_ = WallTime::min();
  const WallTime now = options_.clock();
  day_ = local_day(now);
  struct stat status {};
  if (path_.empty() || medium_ != Medium::kFile || ::fstat(fd_.get(), &status) != 0) return;

  std::error_code error;
  real_path_ = fs::canonical(path_, error);
  if (error) real_path_ = path_;
  size_ = static_cast<std::uint64_t>(status.st_size);
  mid_line_ = ends_within_line(path_, size_);
  if (size_ > 0) day_ = local_day(std::min(now, modification_time(status)));
}

void FileSink::write(std::string_view lines) noexcept {
  std::vector<std::string> reports;
  {
    const MutexLock lock(mutex_);
    write_all(lines);
    reports.swap(reports_);
  }
  deliver(reports);
}

void FileSink::flush() noexcept {
  std::vector<std::string> reports;
  {
    const MutexLock lock(mutex_);
    static_cast<void>(mend());
    reports.swap(reports_);
  }
  deliver(reports);
}

Lost FileSink::close() noexcept {
  flush();
  std::vector<std::string> reports;
  {
    const MutexLock lock(mutex_);
    if (untold_.lines > 0 && options_.report) tell_loss();
    reports.swap(reports_);
  }
  deliver(reports);
  return lost();
}

void FileSink::reopen() noexcept {
  if (path_.empty()) return;
  std::vector<std::string> reports;
  {
    const MutexLock lock(mutex_);
    UniqueFd fd = open_log(path_);
    if (fd) {
      adopt(std::move(fd));
    } else {
      say(fmt::format("cannot reopen {}: {}; going on with the old file", name_, last_error().message()));
      static_cast<void>(mend());
    }
    reports.swap(reports_);
  }
  deliver(reports);
}

void FileSink::set_rotation(const Rotation& rotation) noexcept {
  const MutexLock lock(mutex_);
  rotation_ = rotation;
}

Lost FileSink::lost() const noexcept {
  return {lost_lines_.load(std::memory_order_relaxed), lost_octets_.load(std::memory_order_relaxed)};
}

void FileSink::write_all(std::string_view lines) {
  while (!lines.empty()) {
    if (rotation_due(lines.find('\n') + 1)) rotate();
    if (!mend()) return lose(lines);
    const std::string_view piece = lines.substr(0, fitting(lines));
    const std::size_t written = append(piece);
    if (written < piece.size()) {
      const std::size_t whole_lines = piece.substr(0, written).rfind('\n') + 1;  // 0 for npos.
      mid_line_ = whole_lines != written;
      return lose(lines.substr(whole_lines));
    }
    if (untold_.lines > 0) tell_loss();  // mend() has reported it, if the file itself gets reports.
    lines.remove_prefix(piece.size());
  }
}

// Returns how many octets were written; fewer than asked for is an error.
std::size_t FileSink::append(std::string_view octets) {
  const Put result = put(fd_.get(), medium_, octets, stalled_ ? milliseconds(0) : options_.patience);
  size_ += result.written;
  stalled_ = result.error == ETIMEDOUT;
  if (result.error != 0) error_ = result.error;
  return result.written;
}

// Ends a line that was cut, and writes our own notices. false: writing still fails.
bool FileSink::mend() {
  const bool own_notice = untold_.lines > 0 && !options_.report;
  if (!mid_line_ && !own_notice && notices_.empty()) return true;
  LineBuffer text;
  if (mid_line_) text.push_back('\n');
  text.append(notices_);
  if (own_notice) append_line(text, Level::kWarn, options_.clock(), loss_message());

  const std::size_t written = append(view(text));
  if (written > 0) mid_line_ = text[written - 1] != '\n';
  if (written < text.size()) return false;
  notices_.clear();
  if (own_notice) untold_ = {};
  return true;
}

void FileSink::lose(std::string_view lines) {
  const Lost lost{count_lines(lines), lines.size()};
  untold_ += lost;
  metrics::count(metrics::Counter::kLogLinesDropped, lost.lines);
  const bool said = !reaches_stderr_ && notice_.lost(lost.lines, error_, options_.clock());
  if (said && options_.report)
    say(fmt::format("cannot write to {}: {}; lines are being lost", name_,
                    std::generic_category().message(error_)));
  lost_lines_.fetch_add(lost.lines, std::memory_order_relaxed);
  lost_octets_.fetch_add(lost.octets, std::memory_order_relaxed);
}

// The octets of whole lines, at least one, that fit in the file before it must be rotated.
std::size_t FileSink::fitting(std::string_view lines) const {
  if (rotation_.size <= size_ || lines.size() <= rotation_.size - size_) return lines.size();
  const auto room = static_cast<std::size_t>(rotation_.size - size_);
  const std::size_t end = lines.rfind('\n', room - 1);
  return (end == std::string_view::npos ? lines.find('\n') : end) + 1;
}

bool FileSink::rotation_due(std::size_t next_line) {
  if (path_.empty() || medium_ != Medium::kFile) return false;
  const bool too_large = rotation_.size > 0 && size_ > 0 && size_ + next_line > rotation_.size;
  if (!too_large && !rotation_.daily) return false;
  const WallTime now = options_.clock();
  const bool too_old = rotation_.daily && now >= day_.end;
  if (too_old && size_ == 0) {
    day_ = local_day(now);
    return false;
  }
  return (too_large || too_old) && now >= no_rotation_before_;
}

void FileSink::rotate() {
  if (const std::error_code error = replace_file()) {
    say(fmt::format("cannot rotate {}: {}", name_, error.message()));
    no_rotation_before_ = options_.clock() + kRotationRetry;
    return;
  }
  if (rotation_.keep == 0) return;
  if (const std::error_code error = delete_old(real_path_, rotation_.keep))
    say(fmt::format("cannot delete old files of {}: {}", name_, error.message()));
}

// Sets the file aside and opens a new one in its place; on failure, nothing changes.
std::error_code FileSink::replace_file() {
  // Another program may have moved our file and put its own there: that one is not ours to rename.
  const bool ours = is_same_file(fd_.get(), real_path_);
  fs::path renamed;
  if (ours) {
    if (const std::error_code error = set_aside(real_path_, day_.date, renamed)) return error;
  }
  UniqueFd fd = open_log(path_);
  if (!fd) {
    const std::error_code error = last_error();
    if (ours) ::renameat2(AT_FDCWD, renamed.c_str(), AT_FDCWD, real_path_.c_str(), RENAME_NOREPLACE);
    return error;
  }
  adopt(std::move(fd));
  return {};
}

void FileSink::say(std::string message) {
  if (options_.report) {
    reports_.push_back(std::move(message));
  } else if (notices_.size() < kMaxNotices) {
    LineBuffer line;
    append_line(line, Level::kWarn, options_.clock(), message);
    notices_.append(view(line));
  }
}

void FileSink::tell_loss() {
  say(loss_message());
  untold_ = {};
}

std::string FileSink::loss_message() const {
  return fmt::format("{} lines ({} octets) of {} were lost: {}", untold_.lines, untold_.octets, name_,
                     std::generic_category().message(error_));
}

void FileSink::deliver(const std::vector<std::string>& reports) noexcept {
  for (const std::string& report : reports) options_.report(report);
}

}  // namespace pollux::log
