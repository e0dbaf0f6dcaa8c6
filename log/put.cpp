#include "log/put.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pollux::log {

namespace {

// A pipe that polls writable takes PIPE_BUF octets without blocking (pipe(7)).
std::string_view first_piece(std::string_view lines) {
  if (lines.size() <= PIPE_BUF) return lines;
  const std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
  return lines.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
}

// false: nothing could be written until the deadline.
bool wait_writable(int fd, TimePoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    struct pollfd poll_fd = {fd, POLLOUT, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
    if (ready > 0) return true;  // POLLERR too: the write will say which error.
    if (ready == 0) return false;
    if (errno != EINTR) return true;
  }
}

ssize_t write_some(int fd, Medium medium, std::string_view lines) {
  if (medium == Medium::kFile) return ::write(fd, lines.data(), lines.size());
  const std::string_view piece = first_piece(lines);
  if (medium == Medium::kSocket) return ::send(fd, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(fd, piece.data(), piece.size());
}

}  // namespace

Medium medium_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Medium::kStream;
  if (S_ISREG(status.st_mode)) return Medium::kFile;
  return S_ISSOCK(status.st_mode) ? Medium::kSocket : Medium::kStream;
}

Put put(int fd, Medium medium, std::string_view lines, milliseconds patience) noexcept {
  Put result;
  const auto deadline_from_now = [patience] { return std::chrono::steady_clock::now() + patience; };
  TimePoint deadline = medium == Medium::kFile ? TimePoint() : deadline_from_now();
  while (result.written < lines.size()) {
    if (medium != Medium::kFile && !wait_writable(fd, deadline)) {
      result.error = ETIMEDOUT;
      break;
    }
    const ssize_t got = write_some(fd, medium, lines.substr(result.written));
    if (got > 0) {
      result.written += static_cast<std::size_t>(got);
      if (medium != Medium::kFile) deadline = deadline_from_now();
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN && medium != Medium::kFile) {
      // Another process was faster. Without the test below, patience 0 could spin here.
      if (std::chrono::steady_clock::now() < deadline) continue;
      result.error = ETIMEDOUT;
      break;
    }
    result.error = got < 0 ? errno : EIO;
    break;
  }
  return result;
}

}  // namespace pollux::log
