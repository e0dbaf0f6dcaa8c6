#include "server/process/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/temporary_directory.h"

namespace pollux::server {
namespace {

// The manager's end.
class Socket {
 public:
  // As in NOTIFY_SOCKET.
  explicit Socket(std::string address)
      : address_(std::move(address)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::copy(address_.begin(), address_.end(), std::begin(name.sun_path));
    if (address_[0] == '@') name.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0) {
      throw std::runtime_error("bind");
    }
  }

  [[nodiscard]] const std::string& address() const { return address_; }

  // The messages that have come.
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> messages;
    std::array<char, 4096> octets{};
    for (ssize_t size = 0; (size = ::recv(fd_.get(), octets.data(), octets.size(), 0)) >= 0;) {
      messages.emplace_back(octets.data(), static_cast<std::size_t>(size));
    }
    return messages;
  }

 private:
  const std::string address_;
  UniqueFd fd_;
};

TEST(ServiceManager, Messages) {
  const test::TemporaryDirectory directory;
  struct Case {
    std::function<void(ServiceManager&)> send;
    std::vector<std::string> messages;
  };
  const std::vector<Case> cases = {
      {[](auto& manager) { manager.ready("serving"); }, {"READY=1\nSTATUS=serving"}},
      {[](auto& manager) { manager.ready(""); }, {"READY=1"}},
      {[](auto& manager) { manager.status("a\nREADY=1\tb"); }, {"STATUS=a READY=1 b"}},
      {[](auto& manager) { manager.stopping("the end"); }, {"STOPPING=1\nSTATUS=the end"}},
      {[](auto& manager) { manager.alive(); }, {"WATCHDOG=1"}},
      // Whatever comes after the main process is another one is not for it to say.
      {[](auto& manager) {
         manager.main_pid(123, "on");
         manager.alive();
         manager.stopping("");
       },
       {"MAINPID=123\nREADY=1\nSTATUS=on"}},
  };
  for (const bool abstract : {false, true}) {
    const Socket socket(abstract ? "@pollux-test-" + std::to_string(::getpid()) : directory / "notify");
    for (const Case& one : cases) {
      ServiceManager manager(socket.address());
      one.send(manager);
      EXPECT_EQ(socket.messages(), one.messages) << socket.address();
    }
  }
}

TEST(ServiceManager, ReloadingSaysWhen) {
  const test::TemporaryDirectory directory;
  const Socket socket(directory / "notify");
  const auto microseconds = [] {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
  };
  const auto before = microseconds();
  ServiceManager(socket.address()).reloading("x");
  const auto after = microseconds();
  const std::string message = socket.messages().at(0);
  long long when = 0;
  ASSERT_EQ(std::sscanf(message.c_str(), "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=x", &when), 1) << message;
  EXPECT_TRUE(before <= when && when <= after);
}

TEST(ServiceManager, NobodyIsTold) {
  ServiceManager manager;
  EXPECT_FALSE(manager.present());
  manager.ready("x");
}

TEST(ServiceManager, BadAddresses) {
  for (const std::string& address : {std::string("notify"), std::string("/"), std::string("@"), std::string(),
                                     std::string("vsock:2:1234"), "/" + std::string(107, 'x')}) {
    EXPECT_THROW(ServiceManager manager(address), std::runtime_error) << address;
  }
  EXPECT_NO_THROW(ServiceManager manager("/" + std::string(106, 'x')));
}

// One that does not read, or has gone, must not hold up the server.
TEST(ServiceManager, NeverWaits) {
  const test::TemporaryDirectory directory;
  auto socket = std::make_unique<Socket>(directory / "notify");
  ServiceManager manager(socket->address());
  for (int i = 0; i < 10'000; ++i) manager.alive();
  EXPECT_FALSE(socket->messages().empty());
  socket.reset();
  manager.ready("still here");
}

TEST(ServiceManager, EnvironmentOfTheWatchdog) {
  struct Case {
    const char* microseconds;
    std::string pid;
    long expected;
  };
  const std::string own = std::to_string(::getpid());
  for (const Case& one :
       {Case{"3000000", own, 3'000'000}, Case{"3000000", "", 3'000'000}, Case{"3000000", "1", 0},
        Case{"0", own, 0}, Case{"-5", own, 0}, Case{"1s", own, 0}, Case{"", own, 0}}) {
    ::setenv("NOTIFY_SOCKET", "/run/none", 1);
    ::setenv("WATCHDOG_USEC", one.microseconds, 1);
    ::setenv("WATCHDOG_PID", one.pid.c_str(), 1);
    EXPECT_EQ(ServiceManager::from_environment().watchdog().count(), one.expected) << one.microseconds;
  }
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  EXPECT_FALSE(ServiceManager::from_environment().present());
}

}  // namespace
}  // namespace pollux::server
