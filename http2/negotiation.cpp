#include "http2/negotiation.h"

#include <nghttp2/nghttp2.h>

#include <string_view>

#include "base/trace.h"
#include "http/http1_session.h"

namespace pollux::http2 {

namespace {

constexpr std::string_view kPreface = NGHTTP2_CLIENT_MAGIC;

}  // namespace

net::Protocol::Step Negotiation::on_input(Io io) {
  if (service_.secure) {
    const bool agreed = io.connection != nullptr && io.connection->application_protocol() == "h2";
    speaks_ = agreed ? Speaks::kHttp2 : Speaks::kHttp1;
  } else {
    const std::string_view octets = io.in.readable();
    if (octets.size() < kPreface.size() && kPreface.starts_with(octets)) {
      return {.next = io.end_of_input ? Next::kClose : Next::kContinue, .phase = net::Phase::kHeader};
    }
    speaks_ = octets.starts_with(kPreface) ? Speaks::kHttp2 : Speaks::kHttp1;
  }
  trace::note("protocol", "{}", speaks_ == Speaks::kHttp2 ? "HTTP/2" : "HTTP/1.1");
  return {.next = Next::kSwitch};
}

std::unique_ptr<net::Protocol> Negotiation::successor() {
  if (speaks_ == Speaks::kHttp2) return std::make_unique<Session>(service_, options_, peer_);
  return std::make_unique<http::Http1Session>(service_, peer_);
}

void Negotiation::on_trouble(Io io, Trouble trouble) {
  http::Http1Session session(service_, peer_);
  session.on_trouble(io, trouble);
  session.on_close(io.out.consumed() + io.out.size());
}

}  // namespace pollux::http2
