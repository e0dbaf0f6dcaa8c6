#include "server/listen/listening_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace pollux::server {
namespace {

// A socket that somebody else has made, as they would: blocking, and inherited over exec.
UniqueFd given(const char* address, bool both_families = false) {
  auto place = net::SocketAddress::parse(address).value();
  UniqueFd fd(::socket(place.family(), SOCK_STREAM, 0));
  const int only = both_families ? 0 : 1;
  if (place.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  EXPECT_EQ(::bind(fd.get(), place.data(), place.size()), 0);
  EXPECT_EQ(::listen(fd.get(), 5), 0);
  return fd;
}

ListenAddress address_of(const UniqueFd& fd) {
  const auto address = net::SocketAddress::of_socket(fd.get());
  return {address.host(), address.port()};
}

std::vector<InheritedSocket> list(UniqueFd fd, std::string name, std::string place = {}) {
  std::vector<InheritedSocket> sockets;
  sockets.push_back({std::move(fd), std::move(name), std::move(place)});
  return sockets;
}

Config listening_on(std::vector<ListenAddress> plain, std::vector<ListenAddress> encrypted = {}) {
  Config config;
  config.server.listen = std::move(plain);
  config.tls.listen = std::move(encrypted);
  return config;
}

bool has(const std::vector<UniqueFd>& sockets, int fd) {
  return std::any_of(sockets.begin(), sockets.end(), [fd](const UniqueFd& one) { return one.get() == fd; });
}

TEST(ListeningSockets, AGivenOneIsFoundByItsAddress) {
  UniqueFd fd = given("127.0.0.1:0");
  const int number = fd.get();
  const ListenAddress address = address_of(fd);
  const Config config = listening_on({{"127.0.0.2", 0}, address});
  ListeningSockets sockets(list(std::move(fd), "pollux.socket"));
  sockets.open_all(config);
  const auto open = sockets.take({"server.listen", address});
  EXPECT_TRUE(has(open.sockets, number));
  EXPECT_EQ(open.name, "pollux.socket");
  EXPECT_NE(::fcntl(number, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
  const auto own = sockets.take({"server.listen", {"127.0.0.2", 0}});
  ASSERT_EQ(own.sockets.size(), 1U);
  EXPECT_NE(own.address.port(), 0);
}

TEST(ListeningSockets, AGivenOneIsUsedAsItsNameSays) {
  UniqueFd fd = given("127.0.0.1:0");
  const int number = fd.get();
  const ListenAddress address = address_of(fd);
  Config config = listening_on({{"127.0.0.1", 8080}}, {{"127.0.0.1", 8443}});
  ListeningSockets sockets(list(std::move(fd), "https"));
  sockets.put_names_into(config);
  EXPECT_EQ(config.server.listen, (std::vector<ListenAddress>{{"127.0.0.1", 8080}}));
  EXPECT_EQ(config.tls.listen, std::vector<ListenAddress>{address});
  config.server.listen.clear();
  sockets.open_all(config);
  EXPECT_TRUE(has(sockets.take({"tls.listen", address}).sockets, number));
}

TEST(ListeningSockets, ANameIsNotForAnotherKey) {
  UniqueFd fd = given("127.0.0.1:0");
  const Config config = listening_on({address_of(fd)});
  ListeningSockets sockets(list(std::move(fd), "status"));
  sockets.open_all(config);
  const auto open = sockets.take({"server.listen", config.server.listen.front()});
  EXPECT_EQ(open.sockets.size(), 1U);
  EXPECT_EQ(open.name, "") << "one of its own";
}

TEST(ListeningSockets, OneThatIsNotConfiguredIsClosedAndNotShutDown) {
  UniqueFd fd = given("127.0.0.1:0");
  auto address = net::SocketAddress::of_socket(fd.get());
  const auto can_connect = [&address] {
    const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), address.data(), address.size()) == 0;
  };
  UniqueFd of_the_manager(::dup(fd.get()));
  ListeningSockets sockets(list(std::move(fd), "other"));
  sockets.open_all(listening_on({{"127.0.0.1", 0}}));
  EXPECT_TRUE(can_connect());
  of_the_manager.reset();
  EXPECT_FALSE(can_connect()) << "the last one was the manager's";
}

TEST(ListeningSockets, ThoseOfAPredecessorAreFoundByTheirPlace) {
  const NamedAddress place{"server.listen", {"127.0.0.1", 0}};
  std::vector<InheritedSocket> both;
  both.push_back({given("127.0.0.1:0"), "", text_of(place)});
  both.push_back({given("127.0.0.1:0"), "", text_of(place)});
  const int first = both[0].fd.get();
  const int second = both[1].fd.get();
  const Config config = listening_on({place.address, place.address});
  ListeningSockets sockets(std::move(both));
  sockets.open_all(config);
  const auto one = sockets.take(place);
  const auto other = sockets.take(place);
  EXPECT_TRUE(one.sockets.size() == 1 && has(one.sockets, first));
  EXPECT_TRUE(other.sockets.size() == 1 && has(other.sockets, second));
}

TEST(ListeningSockets, AllOfOneAddressAreTaken) {
  const NamedAddress place{"server.listen", {"127.0.0.1", 0}};
  Config config = listening_on({place.address});
  config.server.model = Model::kMultiReactor;
  config.server.accept = Accept::kReuseport;
  config.server.loops = 3;
  ListeningSockets sockets;
  sockets.open_all(config);
  const auto open = sockets.take(place);
  ASSERT_EQ(open.sockets.size(), 3U);
  for (const UniqueFd& fd : open.sockets) EXPECT_EQ(address_of(fd).port, open.address.port());
}

TEST(ListeningSockets, OneForBothFamiliesBringsTheClientsOfIpv4) {
  UniqueFd fd = given("[::]:0", true);
  const int number = fd.get();
  const std::uint16_t port = address_of(fd).port;
  for (const bool with_ipv6 : {true, false}) {
    Config config = listening_on({{"0.0.0.0", port}});
    if (with_ipv6) config.server.listen.push_back({"::", port});
    ListeningSockets sockets(list(UniqueFd(::dup(number)), ""));
    sockets.open_all(config);
    const std::size_t of_ipv4 = sockets.take({"server.listen", {"0.0.0.0", port}}).sockets.size();
    EXPECT_EQ(of_ipv4, with_ipv6 ? 0U : 1U);
    if (!with_ipv6) continue;
    EXPECT_EQ(sockets.take({"server.listen", {"::", port}}).sockets.size(), 1U);
  }
}

TEST(ListeningSockets, OfAnotherPlaceThereAreNone) {
  ListeningSockets sockets;
  sockets.open_all(listening_on({{"127.0.0.1", 0}}));
  EXPECT_TRUE(sockets.take({"status.listen", {"127.0.0.1", 0}}).sockets.empty());
  EXPECT_EQ(sockets.take({"server.listen", {"127.0.0.1", 0}}).sockets.size(), 1U);
  EXPECT_TRUE(sockets.take({"server.listen", {"127.0.0.1", 0}}).sockets.empty()) << "it was taken";
}

TEST(ListeningSockets, NamesHoldForEveryConfiguration) {
  UniqueFd fd = given("127.0.0.1:0");
  const ListenAddress address = address_of(fd);
  ListeningSockets sockets(list(std::move(fd), "http"));
  for (int reads = 0; reads < 2; ++reads) {
    Config config = listening_on({{"127.0.0.1", 8080}});
    sockets.put_names_into(config);
    EXPECT_EQ(config.server.listen, std::vector<ListenAddress>{address});
    if (reads == 0) sockets.open_all(config);
    (void)sockets.take({"server.listen", address});
  }
}

}  // namespace
}  // namespace pollux::server
