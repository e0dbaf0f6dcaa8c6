// Appends lines to a file, or to an open descriptor, such as standard error.
//
// Each call is one write(2) with O_APPEND, so lines of several processes do not mix. The file is rotated by
// size, by local day, or by another program that renames it and then causes a reopen().
//
// When a write fails (disk full, quota, reader gone), the line is lost and counted, and the next line tries
// again; standard error is told once a minute (log/loss_notice.h). A line cut in the middle is first ended by
// a newline, also one that a crash left in the file. When writing works again, a report says how many lines
// were lost and why.
//
// A pipe without an active reader is waited for once, for `patience`. From then on lines are lost at once
// until the reader moves, so it costs a server one delay, not one for each line.
//
// Lines that go through a sink must not contain a peer's octets unescaped: see log/escape.h. The process
// should ignore SIGPIPE and SIGXFSZ, which would kill it where an errno is enough.
//
// Thread: any. The mutex is held during write(2); an AsyncSink in front keeps that off the workers.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "log/loss_notice.h"
#include "log/put.h"
#include "log/rotation.h"
#include "log/sink.h"

namespace pollux::log {

struct FileSinkOptions {
  Rotation rotation;  // The initial one.
  milliseconds patience{1000};
  Report report;                         // Empty: lines in the file itself.
  Report complain = complain_on_stderr;  // While lines are being lost.
  std::function<WallTime()> clock = std::chrono::system_clock::now;
};

class FileSink final : public Sink {
 public:
  // Opens or creates (mode 0640) the file; directories must exist.
  // Throws std::system_error with a message that names the path.
  [[nodiscard]] static std::unique_ptr<FileSink> open(const std::string& path, FileSinkOptions options);

  // Writes to a duplicate of `fd`. `name`: its name in messages. Never rotates or reopens. Throws
  // std::system_error.
  [[nodiscard]] static std::unique_ptr<FileSink> attach(int fd, std::string name, FileSinkOptions options);

  // `path` empty: attached. Use open() or attach().
  FileSink(UniqueFd fd, std::string name, std::filesystem::path path, FileSinkOptions options);
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override { FileSink::close(); }

  void write(std::string_view lines) noexcept override EXCLUDES(mutex_);
  void flush() noexcept override EXCLUDES(mutex_);
  Lost close() noexcept override EXCLUDES(mutex_);
  void reopen() noexcept override EXCLUDES(mutex_);
  void set_rotation(const Rotation& rotation) noexcept override EXCLUDES(mutex_);
  [[nodiscard]] Lost lost() const noexcept override;
  [[nodiscard]] bool reaches_stderr() const noexcept override { return reaches_stderr_; }

 private:
  void adopt(UniqueFd fd) REQUIRES_LOCK(mutex_);

  // Writing.
  void write_all(std::string_view lines) REQUIRES_LOCK(mutex_);
  std::size_t append(std::string_view octets) REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool mend() REQUIRES_LOCK(mutex_);
  void lose(std::string_view lines) REQUIRES_LOCK(mutex_);

  // Rotating.
  [[nodiscard]] std::size_t fitting(std::string_view lines) const REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool rotation_due(std::size_t next_line) REQUIRES_LOCK(mutex_);
  void rotate() REQUIRES_LOCK(mutex_);
  [[nodiscard]] std::error_code replace_file() REQUIRES_LOCK(mutex_);

  // Reporting.
  void say(std::string message) REQUIRES_LOCK(mutex_);
  void tell_loss() REQUIRES_LOCK(mutex_);
  [[nodiscard]] std::string loss_message() const REQUIRES_LOCK(mutex_);
  void deliver(const std::vector<std::string>& reports) noexcept EXCLUDES(mutex_);

  // Constant after construction.
  const std::string name_;
  const std::filesystem::path path_;  // Absolute, so that a chdir(2) does not matter.
  const FileSinkOptions options_;
  bool reaches_stderr_ = false;

  Mutex mutex_;
  Rotation rotation_ GUARDED_BY(mutex_);
  UniqueFd fd_ GUARDED_BY(mutex_);
  Medium medium_ GUARDED_BY(mutex_) = Medium::kFile;
  std::filesystem::path real_path_ GUARDED_BY(mutex_);  // Without symbolic links: the path to rename.
  std::uint64_t size_ GUARDED_BY(mutex_) = 0;           // Octets in the file.
  LocalDay day_ GUARDED_BY(mutex_);                     // The day of the file's lines.
  WallTime no_rotation_before_ GUARDED_BY(mutex_);      // After a failed rotation.

  bool mid_line_ GUARDED_BY(mutex_) = false;  // The file ends within a line.
  bool stalled_ GUARDED_BY(mutex_) = false;   // The reader did not move in time.
  int error_ GUARDED_BY(mutex_) = 0;          // errno of the last failed write.
  Lost untold_ GUARDED_BY(mutex_);            // Not yet reported.
  LossNotice notice_ GUARDED_BY(mutex_);
  std::string notices_ GUARDED_BY(mutex_);               // Lines of our own, still to be written.
  std::vector<std::string> reports_ GUARDED_BY(mutex_);  // For options_.report, after unlocking.

  // Counters for lost(); relaxed, as they publish nothing.
  std::atomic<std::uint64_t> lost_lines_{0};
  std::atomic<std::uint64_t> lost_octets_{0};
};

}  // namespace pollux::log
