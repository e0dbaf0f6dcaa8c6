// The server's side of a TLS session: whatever comes from the wire, however it is split, nobody gets through
// who has not made the handshake, and nothing comes out that was not sent.
//
// The first octet says how. If it is even, the rest comes from the wire as it is, whole and in pieces. If it
// is odd, a real client speaks, in TLS 1.2 or 1.3, and the rest damages its octets: where, two octets, and
// with what. So the fuzzer gets behind the handshake, too.
#include <algorithm>
#include <map>

#include "../tls/support.h"
#include "fuzz.h"

namespace {

using namespace pollux;
using tls::Session;

struct World {
  tls::test::TemporaryDirectory directory;
  tls::test::Authority authority{directory};
  tls::TicketKeys keys;
  std::shared_ptr<const tls::ServerContext> server = std::make_shared<const tls::ServerContext>(
      std::vector{authority.issue({.name = "a", .alternatives = "DNS:a.test"}),
                  authority.issue({.name = "b", .alternatives = "DNS:b.test"})},
      keys, tls::ServerOptions{.http2 = true});
  tls::ClientContext client{{.ca_file = authority.file(), .verify = false}};
};

const World& world() {
  static const World made;
  return made;
}

Session::Result listen_to(std::string_view wire, std::size_t step) {
  Session session(world().server->make_ssl(), world().server);
  Buffer plain;
  auto result = Session::Result::kOk;
  for (; !wire.empty() && result == Session::Result::kOk; wire.remove_prefix(std::min(wire.size(), step))) {
    session.input().append(wire.substr(0, step));
    result = session.decrypt(plain);
    PROMISE(plain.empty() && !session.established());
    PROMISE(session.reason().empty() == (result != Session::Result::kFailed));
    PROMISE(session.output().size() < 100'000);
  }
  session.end();
  PROMISE(result == Session::Result::kNotTls || session.input().empty() || result != Session::Result::kOk);
  return result;
}

void talk_to_damaged_client(fuzz::Input input, int version) {
  std::map<std::uint64_t, char> damage;  // By its place in what the client says.
  while (!input.rest().empty()) {
    const std::uint64_t place = input.number(2);
    damage[place] = static_cast<char>(input.octet());
  }
  auto ssl = world().client.make_ssl("b.test");
  SSL_set_max_proto_version(ssl.get(), version);
  tls::test::Pair pair(world().server, std::move(ssl), tls::test::kWhole);
  constexpr std::string_view kSaid = "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n";
  std::uint64_t at = 0;
  bool told = false;
  pair.client_result = pair.client.begin();
  for (;;) {
    if (pair.client.established() && pair.client_result == Session::Result::kOk && !told) {
      told = true;
      PROMISE(pair.client.encrypt(kSaid));
    }
    std::string wire = tls::test::Pair::take(pair.client);
    if (wire.empty()) break;
    for (char& octet : wire) {
      const auto found = damage.find(at++);
      if (found != damage.end()) octet = static_cast<char>(octet ^ found->second);
    }
    pair.feed_server(wire);
    pair.feed(tls::test::Pair::take(pair.server), pair.client, pair.client_got, pair.client_result);
  }
  PROMISE(pair.server_got.empty() || pair.server_got.readable() == kSaid);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t how = input.octet();
  if (how % 2U == 1U) {
    talk_to_damaged_client(input, how / 2U % 2U == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
    return 0;
  }
  const auto whole = listen_to(input.rest(), input.rest().size() + 1);
  PROMISE(listen_to(input.rest(), how / 2U % 31U + 1U) == whole);
  return 0;
}
