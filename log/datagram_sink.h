// Sends each line of the server's own log to a system daemon as one datagram, without the daemon's library:
//
//   syslog    <28>Nov 22 20:15:04 pollux[4711]: message     to /dev/log, as syslog(3) does (RFC 3164 4.1)
//   journal   PRIORITY=4\nMESSAGE=message\n...              to /run/systemd/journal/socket (systemd's native
//                                                           protocol; a message has no line ends, so no
//                                                           value needs the binary form)
//
// The level of a line becomes its priority; the time and the thread at its beginning are left out or become
// fields.
//
// It never waits. When no daemon listens, or the daemon does not keep up, the line is lost and counted, and
// LossNotice reports it. A restarted daemon is found again.
//
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/unique_fd.h"
#include "log/line.h"
#include "log/loss_notice.h"
#include "log/sink.h"

namespace pollux::log {

class DatagramSink final : public Sink {
 public:
  enum class Form : std::uint8_t { kSyslog, kJournal };

  // `path`: the daemon's socket. `complain`: see LossNotice. Throws std::system_error when no socket can be
  // made; a missing daemon is no error.
  DatagramSink(Form form, std::string path, Report complain = complain_on_stderr);

  void write(std::string_view lines) noexcept override EXCLUDES(mutex_);
  void flush() noexcept override {}
  Lost close() noexcept override { return lost(); }
  void reopen() noexcept override {}
  [[nodiscard]] Lost lost() const noexcept override;

 private:
  void send(std::string_view line) REQUIRES_LOCK(mutex_);
  void make_datagram(const LineParts& line) REQUIRES_LOCK(mutex_);
  void lose(std::string_view line, int error) REQUIRES_LOCK(mutex_);

  // Constant after construction.
  const Form form_;
  const std::string path_;
  const UniqueFd socket_;

  Mutex mutex_;
  LineBuffer datagram_ GUARDED_BY(mutex_);
  LossNotice notice_ GUARDED_BY(mutex_);

  // Counters for lost(); relaxed, as they publish nothing.
  std::atomic<std::uint64_t> lost_lines_{0};
  std::atomic<std::uint64_t> lost_octets_{0};
};

}  // namespace pollux::log
