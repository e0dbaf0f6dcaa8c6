// The PROXY header: it has an end that it shows itself, says the same whatever follows, and is never waited
// for beyond its bound.
#include "net/proxy_header.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pollux::net;
  using State = ProxyHeader::State;
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const ProxyHeader header = read_proxy_header(octets);
  switch (header.state) {
    case State::kIncomplete: PROMISE(size < kMaxProxyHeader && !header.client); break;
    case State::kMalformed: PROMISE(!header.client); break;
    case State::kComplete: {
      PROMISE(header.octets > 0 && header.octets <= size && header.octets <= kMaxProxyHeader);
      if (header.client) PROMISE(SocketAddress::parse(header.client->to_string()).has_value());
      const ProxyHeader alone = read_proxy_header(octets.substr(0, header.octets));
      PROMISE(alone.state == State::kComplete && alone.octets == header.octets);
      PROMISE(alone.client.has_value() == header.client.has_value());
      PROMISE(read_proxy_header(octets.substr(0, header.octets - 1)).state == State::kIncomplete);
      break;
    }
  }
  return 0;
}
