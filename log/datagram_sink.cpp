#include "log/datagram_sink.h"

#include <fmt/chrono.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/metrics.h"

namespace pollux::log {

namespace {

constexpr int kDaemon = 3 << 3;  // The facility LOG_DAEMON, as syslog wants it.
constexpr std::string_view kName = "pollux";

// See syslog(3). An error that ends the program is critical; an emergency would be shown on every terminal.
int severity(Level level) {
  switch (level) {
    case Level::kEmerg: return 2;
    case Level::kError: return 3;
    case Level::kWarn: return 4;
    case Level::kOff:
    case Level::kInfo: break;
    case Level::kDebug: return 7;
  }
  return 6;
}

UniqueFd make_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) throw std::system_error(errno, std::system_category(), "cannot make a socket for the log");
  return socket;
}

}  // namespace

DatagramSink::DatagramSink(Form form, std::string path, Report complain)
    : form_(form), path_(std::move(path)), socket_(make_socket()), notice_(path_, std::move(complain)) {}

void DatagramSink::write(std::string_view lines) noexcept {
  const MutexLock lock(mutex_);
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    send(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void DatagramSink::send(std::string_view line) try {
  make_datagram(parse_line(line));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path_.copy(std::begin(to.sun_path), sizeof to.sun_path - 1);
  ssize_t sent = 0;
  do {
    sent = ::sendto(socket_.get(), datagram_.data(), datagram_.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&to), sizeof to);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) lose(line, errno);
} catch (const std::exception&) {
  lose(line, ENOMEM);
}

void DatagramSink::make_datagram(const LineParts& line) {
  datagram_.clear();
  const auto out = std::back_inserter(datagram_);
  if (form_ == Form::kJournal) {
    fmt::format_to(out, "PRIORITY={}\nSYSLOG_IDENTIFIER={}\nTID={}\nMESSAGE={}\n", severity(line.level),
                   kName, line.thread, line.message);
    return;
  }
  std::tm local{};
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  ::localtime_r(&now, &local);
  fmt::format_to(out, "<{}>{:%b %e %H:%M:%S} {}[{}]: {}", kDaemon | severity(line.level), local, kName,
                 ::getpid(), line.message);
}

void DatagramSink::lose(std::string_view line, int error) {
  lost_lines_.fetch_add(1, std::memory_order_relaxed);
  lost_octets_.fetch_add(line.size() + 1, std::memory_order_relaxed);
  metrics::count(metrics::Counter::kLogLinesDropped);
  (void)notice_.lost(1, error, std::chrono::system_clock::now());
}

Lost DatagramSink::lost() const noexcept {
  return {lost_lines_.load(std::memory_order_relaxed), lost_octets_.load(std::memory_order_relaxed)};
}

}  // namespace pollux::log
