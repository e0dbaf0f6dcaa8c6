#include "server/process/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "log/logger.h"
#include "log/throttle.h"

namespace pollux::server {

namespace {

std::string_view variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::int64_t> positive_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

std::chrono::microseconds watchdog_of_environment() {
  if (const auto pid = positive_number(variable("WATCHDOG_PID")); pid && *pid != ::getpid()) return {};
  return std::chrono::microseconds(positive_number(variable("WATCHDOG_USEC")).value_or(0));
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  const std::string_view address = variable("NOTIFY_SOCKET");
  if (address.empty()) return {};
  return ServiceManager(address, watchdog_of_environment());
}

ServiceManager::ServiceManager(std::string_view address, std::chrono::microseconds watchdog)
    : watchdog_(watchdog) {
  const bool abstract = address.starts_with('@');
  if ((!abstract && !address.starts_with('/')) || address.size() < 2 ||
      address.size() >= sizeof address_.sun_path) {
    throw std::runtime_error(fmt::format("NOTIFY_SOCKET = {} is not the address of a Unix socket", address));
  }
  address_.sun_family = AF_UNIX;
  std::copy(address.begin(), address.end(), std::begin(address_.sun_path));
  if (abstract) address_.sun_path[0] = '\0';
  // The length of an abstract name is the address's own; a path ends with a NUL.
  address_size_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1));
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) throw std::system_error(errno, std::system_category(), "NOTIFY_SOCKET: socket");
}

void ServiceManager::reloading(std::string_view status) {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);  // The manager has the same clock, as all processes do.
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds), status);
}

void ServiceManager::main_pid(pid_t pid, std::string_view status) {
  send(fmt::format("MAINPID={}\nREADY=1", pid), status);
  socket_.reset();
}

void ServiceManager::send(std::string message, std::string_view status) {
  if (!present()) return;
  if (!status.empty()) {
    message += message.empty() ? "STATUS=" : "\nSTATUS=";
    // A line break in the text would begin another assignment.
    std::replace_copy_if(
        status.begin(), status.end(), std::back_inserter(message),
        [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  }
  const ssize_t sent = ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address_), address_size_);
  if (sent >= 0) return;
  static log::Throttle throttle(1);
  throttle.log(log::Level::kWarn, "the service manager was not told {}: {}",
               message.substr(0, message.find('\n')), std::system_category().message(errno));
}

}  // namespace pollux::server
