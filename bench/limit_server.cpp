#include "bench/limit_server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pollux::bench {

namespace {

constexpr int kBacklog = 4096;

void serve(std::uint16_t port, std::size_t threads, const Answers& answers, const MakeLoop& make_loop) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < threads; ++i) loops.push_back(make_loop(port, answers));
  std::vector<std::thread> running;
  running.reserve(threads);
  for (const auto& loop : loops) running.emplace_back([&loop] { loop->run(); });
  fmt::print("listening on http://127.0.0.1:{}\n", port);
  (void)std::fflush(stdout);
  for (std::thread& thread : running) thread.join();
}

}  // namespace

void fail(const char* what, int error) { throw std::system_error(error, std::system_category(), what); }

UniqueFd listen_on(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket", errno);
  const int on = 1;
  for (const auto& [level, option] : {std::pair{SOL_SOCKET, SO_REUSEADDR},
                                      {SOL_SOCKET, SO_REUSEPORT},
                                      {IPPROTO_TCP, TCP_NODELAY},
                                      {IPPROTO_TCP, TCP_DEFER_ACCEPT}}) {
    if (::setsockopt(fd.get(), level, option, &on, sizeof on) != 0) fail("setsockopt", errno);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind", errno);
  if (::listen(fd.get(), kBacklog) != 0) fail("listen", errno);
  return fd;
}

int run_loops(const char* program, char** arguments, const MakeLoop& make_loop) try {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto port = static_cast<std::uint16_t>(std::stoul(arguments[0]));
  serve(port, std::stoul(arguments[1]), Answers(arguments[2]), make_loop);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}: {}\n", program, error.what());
  return 1;
}

}  // namespace pollux::bench
