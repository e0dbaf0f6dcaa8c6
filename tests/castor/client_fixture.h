// A client of the load generator and the peers it connects to, all on one thread: a test writes an octet,
// waits until the client has seen it, and looks. Sockets and epoll are real, the clock is not: it stands
// still until told.
#pragma once

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string>

#include "castor/client.h"
#include "net/socket_address.h"
#include "tests/client/test_server.h"

namespace pollux::castor {

using std::chrono::milliseconds;

// The server's side of one connection. Nothing blocks: received() is called until it is enough.
class ScriptedPeer {
 public:
  ScriptedPeer(UniqueFd fd, SSL_CTX* context) : fd_(std::move(fd)) {
    if (context == nullptr) return;
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), fd_.get());
    SSL_set_accept_state(ssl_.get());
  }

  // All that has come so far.
  const std::string& received() {
    char octets[65536];
    for (;;) {
      const auto count = ssl_ ? SSL_read(ssl_.get(), octets, sizeof octets)
                              : static_cast<int>(::recv(fd_.get(), octets, sizeof octets, MSG_DONTWAIT));
      if (count <= 0) {
        ended_ = ended_ || (ssl_ ? SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ
                                 : count == 0 || errno != EAGAIN);
        return received_;
      }
      received_.append(octets, static_cast<std::size_t>(count));
    }
  }
  [[nodiscard]] bool ended() {
    (void)received();
    return ended_;
  }
  // How many requests, each of which ends in an empty line, have come whole.
  [[nodiscard]] std::size_t requests() {
    std::size_t count = 0;
    const std::string& text = received();
    for (std::size_t i = text.find("\r\n\r\n"); i != std::string::npos; i = text.find("\r\n\r\n", i + 4))
      ++count;
    return count;
  }

  void write(std::string_view octets) {  // REQUIRES: the socket has room for it.
    const auto count = ssl_ ? SSL_write(ssl_.get(), octets.data(), static_cast<int>(octets.size()))
                            : static_cast<int>(::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL));
    EXPECT_EQ(count, static_cast<int>(octets.size()));
  }
  void end_tls() { (void)SSL_shutdown(ssl_.get()); }
  void close() { fd_.reset(); }
  void reset() {  // RST instead of FIN.
    const linger now{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

 private:
  UniqueFd fd_;
  tls::SslPtr ssl_;
  std::string received_;
  bool ended_ = false;
};

class ClientTest : public testing::Test, private ClientLoop {
 protected:
  ClientTest()
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    auto any = net::SocketAddress::parse("127.0.0.1:0").value();
    EXPECT_EQ(::bind(listener_.get(), any.data(), any.size()), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    origin_.host = "localhost";
    origin_.address = net::SocketAddress::of_socket(listener_.get());
    origin_.requests = {{"GET / HTTP/1.1\r\nHost: a\r\n\r\n"}};
    options_.keep_alive = true;
    options_.clients = 1;
    watch_for_test(listener_.get());
  }

  // Begins a client with the options as they are by now.
  void begin() {
    schedule_.emplace(options_, Timetable{now_, now_}, Share{});
    accounting_.emplace(options_, Timetable{now_, now_}, series_);
    tls_.emplace(origin_.https ? make_tls(options_) : nullptr,
                 TlsSessions::Settings{.resume = options_.resume});
    surroundings_.reset(new Surroundings{options_, *this, *schedule_, *accounting_, *tls_});
    picker_.emplace(origin_);
    client_.emplace(*surroundings_, 0, *picker_, nullptr, options_.idle > 0);
    EXPECT_TRUE(turn());
  }

  // Handles events until `condition` holds. Fails when nothing happens any more.
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) {
      epoll_event event{};
      const int count = ::epoll_wait(epoll_.get(), &event, 1, kPatience);
      ASSERT_EQ(count, 1) << "nothing happens";
      if (event.data.ptr != nullptr) client_->on_event(event.events, now_);
    }
  }
  void until_counted(std::uint64_t requests) {
    until([&] { return counted() >= requests; });
  }

  ScriptedPeer accept(SSL_CTX* context = nullptr) {
    UniqueFd fd;
    until([&] {
      fd.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      return static_cast<bool>(fd);
    });
    watch_for_test(fd.get());
    return {std::move(fd), context};
  }
  // A connection whose first request has come.
  ScriptedPeer accept_request() {
    ScriptedPeer peer = accept();
    until([&] { return peer.requests() == 1; });
    return peer;
  }
  [[nodiscard]] bool is_nobody_waiting() const {
    return !UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  void stop_listening() { listener_.reset(); }

  // The schedule's turn: whether the client wanted to be called by now, and so was.
  bool turn() {
    const bool wanted = schedule_->take_waiting(now_).has_value();
    if (wanted) client_->on_turn(now_);
    return wanted;
  }
  void advance(Nanoseconds time) { now_ += time; }

  [[nodiscard]] const Tally& tally() const { return accounting_->tally(); }
  [[nodiscard]] std::uint64_t counted() const { return tally().succeeded + tally().failed; }
  // "2 good, 1 receive closed"
  [[nodiscard]] std::string outcome() const {
    std::string text = std::to_string(tally().succeeded) + " good";
    for (const auto& [name, count] : tally().named_errors())
      text += ", " + std::to_string(count) + " " + name;
    return text;
  }

  Options options_;
  Origin origin_;
  std::optional<RequestPicker> picker_;
  std::optional<Schedule> schedule_;
  std::optional<Client> client_;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);

 private:
  static constexpr int kPatience = 20'000;  // Milliseconds.

  bool watch(int fd, Client& client) override {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &client}};
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }
  [[nodiscard]] TimePoint clock() const override { return now_; }

  // So that until() looks again when something comes.
  void watch_for_test(int fd) {
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.ptr = nullptr}};
    EXPECT_EQ(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), 0);
  }

  UniqueFd listener_;
  UniqueFd epoll_;
  Series series_;
  std::optional<Accounting> accounting_;
  std::optional<TlsSessions> tls_;
  std::unique_ptr<Surroundings> surroundings_;
};

}  // namespace pollux::castor
