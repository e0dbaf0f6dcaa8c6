// A listener on a real loop, and clients on real sockets.
#include "net/acceptor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "net/listening_socket.h"

namespace pollux::net {
namespace {

UniqueFd connect_to(const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(fd.get(), address.data(), address.size()), 0);
  return fd;
}

// Which of two clients is accepted first: one that came first and is silent, or one that has said something.
struct AcceptorCase {
  bool deferred;
  bool edge_triggered;
  bool silent_is_first;
};

TEST(Acceptor, DefersTheSilent) {
  for (const AcceptorCase& c :
       {AcceptorCase{false, false, true}, {false, true, true}, {true, false, false}, {true, true, false}}) {
    EventLoop loop;
    std::string first;
    Acceptor acceptor(loop, listen_on(*SocketAddress::parse("127.0.0.1:0"), {.deferred = c.deferred}),
                      {.edge_triggered = c.edge_triggered},
                      [&](const UniqueFd& socket, const SocketAddress& /*peer*/) {
                        if (first.empty()) first = SocketAddress::of_peer(socket.get()).to_string();
                        loop.stop();
                      });
    const UniqueFd silent = connect_to(acceptor.address());
    const UniqueFd talking = connect_to(acceptor.address());
    EXPECT_EQ(::send(talking.get(), "x", 1, MSG_NOSIGNAL), 1);
    acceptor.start();
    loop.run();
    const int fd = (c.silent_is_first ? silent : talking).get();
    EXPECT_EQ(first, SocketAddress::of_socket(fd).to_string()) << c.deferred << c.edge_triggered;
  }
}

}  // namespace
}  // namespace pollux::net
