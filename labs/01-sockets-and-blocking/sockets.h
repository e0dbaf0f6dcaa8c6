// The calls a server and a client begin with, on a port that the kernel chooses.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lab.h"

class Socket {
 public:
  explicit Socket(int fd) : fd_(lab::must(fd, "a socket")) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;
  ~Socket() { close(); }

  [[nodiscard]] int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// socket(2), bind(2), listen(2).
inline Socket listen_with(int backlog) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in any_port{};
  any_port.sin_family = AF_INET;
  any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  lab::must(::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&any_port), sizeof any_port), "bind");
  lab::must(::listen(socket.fd(), backlog), "listen");
  return socket;
}

// connect(2) begins, and does not wait for its end.
inline Socket begin_to_connect(const Socket& listener) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  lab::must(::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), length) != 0 &&
      errno != EINPROGRESS)
    lab::must(-1, "connect");
  return socket;
}

inline bool reported(const Socket& socket, short events, int milliseconds) {
  pollfd entry{socket.fd(), events, 0};
  return lab::must(::poll(&entry, 1, milliseconds), "poll") == 1 && (entry.revents & events) != 0;
}

inline bool connected(const Socket& socket, int milliseconds) {
  return reported(socket, POLLOUT, milliseconds);
}

inline Socket connect_to(const Socket& listener) {
  Socket socket = begin_to_connect(listener);
  if (!connected(socket, 10'000)) lab::must(-1, "connect");
  return socket;
}

inline tcp_info info_of(const Socket& socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  lab::must(::getsockopt(socket.fd(), IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
  return info;
}

inline void send_text(const Socket& socket, const char* text) {
  lab::must(::send(socket.fd(), text, std::strlen(text), MSG_NOSIGNAL), "send");
}

// Until so many octets have come that nobody has read.
inline void wait_for_octets(const Socket& socket, int octets) {
  for (int waiting = 0; waiting < octets; ::usleep(100))
    lab::must(::ioctl(socket.fd(), FIONREAD, &waiting), "FIONREAD");
}
