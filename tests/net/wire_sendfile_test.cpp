// Files on their way through a wire, into a real socket and out of it.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <memory>
#include <string>

#include "net/epoll_wire.h"
#include "net/transport.h"
#include "net/wide_send.h"
#include "tests/base/temporary_file.h"

namespace pollux::net {
namespace {

class Deaf final : public Wire::Handler {
 public:
  void on_event(Wire::Event /*event*/) override {}
};

// Connected by TCP on the loopback; both ends non-blocking.
struct Connected {
  Connected() {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener.get(), any, length), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.get(), any, &length), 0);
    far.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(far.get(), any, length), 0);
    near.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }

  UniqueFd near;
  UniqueFd far;
};

struct Received {
  std::string octets;
  Wire::Flush end = Wire::Flush::kDone;
  std::uint64_t most = 0;  // In one flush.
};

// Flushes and reads in turns until all is sent, or the wire breaks; `after_first` happens after the first
// flush.
template <typename Act>
Received exchange(Transport& transport, Act after_first) {
  EventLoop loop;
  Deaf handler;
  Connected ends;
  constexpr EpollMode kMode;
  EpollWire wire(loop, kMode, std::move(ends.near), handler);
  Received received;
  const std::uint64_t all = transport.out().size();
  std::string piece(1 << 20, '\0');
  for (bool first = true; received.octets.size() < all; first = false) {
    const std::uint64_t before = transport.octets_sent();
    received.end = wire.flush(transport).state;
    received.most = std::max(received.most, transport.octets_sent() - before);
    if (first) after_first();
    if (received.end == Wire::Flush::kBroken) wire.close(transport);
    while (received.octets.size() < transport.octets_sent()) {
      const ssize_t got = ::recv(ends.far.get(), piece.data(), piece.size(), 0);
      if (got <= 0) return received;
      received.octets.append(piece, 0, static_cast<std::size_t>(got));
    }
    if (received.end == Wire::Flush::kBroken) return received;
  }
  return received;
}

constexpr std::uint64_t kHuge = 5 * 1024 * 1024;

TEST(WireSendfile, HeadsAndSlicesArriveInTheirOrder) {
  const std::string large = pattern(kHuge);
  const std::string small = pattern(300'000);
  const TemporaryFile large_file(large);
  const TemporaryFile small_file(small);
  const auto version = large_file.load(Sendfile::kOn);
  for (const int how : {O_RDONLY, O_WRONLY}) {  // The kernel refuses the second.
    const auto snapshot = small_file.load_sendable(small_file.open(how));
    Transport transport;
    transport.out().append("one|");
    transport.out().append(snapshot, 0, small.size());
    transport.out().append("two|");
    transport.out().append(version, 4097, kHuge - 5000);
    transport.out().append("three|");
    transport.out().append(version, 9, 100);
    transport.out().append(snapshot, 100'000, 70'000);
    const Received received = exchange(transport, [] {});
    EXPECT_EQ(received.end, Wire::Flush::kDone);
    EXPECT_TRUE(received.octets == "one|" + small + "two|" + large.substr(4097, kHuge - 5000) + "three|" +
                                       large.substr(9, 100) + small.substr(100'000, 70'000));
    EXPECT_LE(received.most, Wire::kWriteBudget) << "others get their turn";
  }
}

TEST(WireSendfile, AFileThatChangesIsCutShort) {
  const std::string large = pattern(kHuge);
  const struct {
    const char* name;
    void (*change)(const TemporaryFile&);
    bool completes;
  } rows[] = {
      {"nothing", [](const TemporaryFile&) {}, true},
      {"replaced by renaming", [](const TemporaryFile& f) { f.replace("another"); }, true},
      {"deleted", [](const TemporaryFile& f) { f.remove(); }, true},
      {"cut", [](const TemporaryFile& f) { f.truncate(kHuge - 1); }, false},
      {"rewritten at its end", [](const TemporaryFile& f) { f.write("X", kHuge - 9); }, false},
  };
  for (const auto& row : rows) {
    const TemporaryFile file(large);
    Transport transport;
    transport.out().append("head|");
    transport.out().append(file.load(Sendfile::kOn), 0, kHuge);
    const Received received = exchange(transport, [&] { row.change(file); });
    EXPECT_EQ(received.end, row.completes ? Wire::Flush::kDone : Wire::Flush::kBroken) << row.name;
    EXPECT_TRUE(("head|" + large).starts_with(received.octets)) << row.name;
    EXPECT_EQ(received.octets.size() == 5 + kHuge, row.completes) << row.name;
  }
}

TEST(WideSend, SoManyAtATimeHaveRoomForMore) {
  const auto room_of = [](const UniqueFd& socket) {
    int room = 0;
    socklen_t length = sizeof room;
    EXPECT_EQ(::getsockopt(socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &room, &length), 0);
    return room;
  };
  WidePlaces places;
  const auto widened = [&](WideSend& wide) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    wide.widen(socket.get(), places);
    return room_of(socket) == WideSend::kUnsent;
  };
  auto all = std::make_unique<std::array<WideSend, WidePlaces::kMax>>();
  for (WideSend& wide : *all) EXPECT_TRUE(widened(wide));
  WideSend another;
  EXPECT_FALSE(widened(another));
  all->front().give_back();
  EXPECT_TRUE(widened(another));
  EXPECT_FALSE(widened(all->front()));
  all.reset();
  another.give_back();
  EXPECT_TRUE(widened(another));
}

}  // namespace
}  // namespace pollux::net
