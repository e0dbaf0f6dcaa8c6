// Messages to the service manager that has started the server, in the format of sd_notify(3), without
// libsystemd.
//
// A message is one datagram of lines NAME=VALUE, sent to the Unix socket that NOTIFY_SOCKET names: a path, or
// an abstract name after '@'. Without NOTIFY_SOCKET, nothing is sent. Sending never blocks; a message that is
// not delivered is logged. The manager knows the sender by its process id, so the messages of a successor
// count from main_pid() on.
//
// Thread: the main thread's.
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace pollux::server {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and leaves them in the environment for a successor.
  [[nodiscard]] static ServiceManager from_environment();

  ServiceManager() = default;  // No service manager.
  // `address`: as in NOTIFY_SOCKET. Throws std::runtime_error if it is malformed, std::system_error without a
  // socket.
  explicit ServiceManager(std::string_view address,
                          std::chrono::microseconds watchdog = std::chrono::microseconds(0));

  [[nodiscard]] bool present() const { return static_cast<bool>(socket_); }
  // Without a sign of life for this long, the manager considers the server hung. 0: there is no watchdog.
  [[nodiscard]] std::chrono::microseconds watchdog() const { return watchdog_; }

  // `status`: a line for people, shown by `systemctl status`.
  void ready(std::string_view status) { send("READY=1", status); }
  void status(std::string_view status) { send({}, status); }
  void reloading(std::string_view status);  // Lasts until ready().
  void stopping(std::string_view status) { send("STOPPING=1", status); }
  void alive() { send("WATCHDOG=1", {}); }
  // The service goes on as process `pid`, which is ready. The last message of this process.
  void main_pid(pid_t pid, std::string_view status);

 private:
  void send(std::string message, std::string_view status);

  UniqueFd socket_;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  std::chrono::microseconds watchdog_{0};
};

}  // namespace pollux::server
