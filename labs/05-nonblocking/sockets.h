// Pairs of connected sockets, and an epoll to ask.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>

#include "lab.h"

struct Pair {
  explicit Pair(int flags = 0) {
    lab::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends), "socketpair");
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  [[nodiscard]] int ours() const { return ends[0]; }
  void peer_sends(const char* octets, std::size_t count) const {
    lab::must(::send(ends[1], octets, count, MSG_NOSIGNAL), "send");
  }

  int ends[2] = {};
};

class Epoll {
 public:
  Epoll() = default;
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  ~Epoll() { ::close(epoll_); }

  void add(int fd, unsigned events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    lab::must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }
  // The next descriptor that is reported; -1: none within that time.
  int next(int milliseconds = 0) {
    epoll_event event{};
    const int count = ::epoll_wait(epoll_, &event, 1, milliseconds);
    return lab::must(count, "epoll_wait") == 1 ? event.data.fd : -1;
  }

 private:
  const int epoll_ = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
};

// A listener whose port the kernel chooses, and clients of it.
class Listener {
 public:
  Listener() {
    sockaddr_in any_port{};
    any_port.sin_family = AF_INET;
    any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    lab::must(::bind(fd_, reinterpret_cast<const sockaddr*>(&any_port), sizeof any_port), "bind");
    lab::must(::listen(fd_, 16), "listen");
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }
  void connect() const {  // The client stays for as long as the program runs.
    sockaddr_in address{};
    socklen_t length = sizeof address;
    lab::must(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
    const int client = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    lab::must(::connect(client, reinterpret_cast<const sockaddr*>(&address), length), "connect");
  }
  // Until so many can be accepted: of a listener, tcpi_unacked is that.
  void wait_for_clients(unsigned count) const {
    tcp_info info{};
    socklen_t length = sizeof info;
    for (; info.tcpi_unacked < count; ::usleep(100))
      lab::must(::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
  }
  // false: nobody waits any more (EAGAIN).
  [[nodiscard]] bool accept_one() const { return ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK) >= 0; }

 private:
  const int fd_ = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
};
