#include "server/listen/proxy_preface.h"

#include "base/metrics.h"
#include "base/trace.h"
#include "log/throttle.h"

namespace pollux::server {

net::Protocol::Step ProxyPreface::on_input(Io io) {
  const net::ProxyHeader header = net::read_proxy_header(io.in.readable());
  switch (header.state) {
    case net::ProxyHeader::State::kComplete: return go_on(io, header);
    case net::ProxyHeader::State::kMalformed: return refuse(io);
    case net::ProxyHeader::State::kIncomplete: break;
  }
  if (!io.end_of_input) return {.next = Next::kContinue, .phase = net::Phase::kHandshake};
  if (io.in.empty()) return {.next = Next::kClose};  // A health check: it only connects.
  return refuse(io);
}

net::Protocol::Step ProxyPreface::go_on(Io io, const net::ProxyHeader& header) {
  metrics::count(metrics::Counter::kProxyHeaders);
  io.in.consume(header.octets);
  if (header.client) {
    peer_ = header.client->host();
    if (!io.connection->stand_for(*header.client)) {
      metrics::count(metrics::Counter::kRefused);
      io.in.consume(io.in.size());
      return {.next = Next::kClose};
    }
  }
  trace::note("PROXY", "{} octets: the client is {}", header.octets, peer_);
  if (listener_.tls != nullptr) io.connection->begin_tls(listener_.tls->new_session());
  return {.next = Next::kSwitch};
}

net::Protocol::Step ProxyPreface::refuse(Io io) const {
  metrics::count(metrics::Counter::kProxyMalformed);
  static log::Throttle throttle(1);
  throttle.log(log::Level::kWarn, "{} has sent no PROXY header, or a malformed one; its connection is closed",
               peer_);
  io.in.consume(io.in.size());
  return {.next = Next::kClose};
}

}  // namespace pollux::server
