#include "client/proxy_tunnel.h"

#include <utility>

namespace pollux::client {

namespace {

std::string authority_of(const Url& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace

// As after a HEAD request: no content follows the head of a 2xx, and that of other responses is not needed.
ProxyTunnel::ProxyTunnel(const Url& server, std::string authorization, const ResponseLimits& limits)
    : authority_(authority_of(server)), authorization_(std::move(authorization)), parser_(limits) {
  parser_.start(true);
}

std::string ProxyTunnel::request() const {
  std::string text = "CONNECT " + authority_ + " HTTP/1.1\r\nHost: " + authority_ + "\r\n";
  if (!authorization_.empty()) text.append("Proxy-Authorization: ").append(authorization_).append("\r\n");
  return text.append("\r\n");
}

ProxyTunnel::Result ProxyTunnel::parse(Buffer& in) {
  switch (parser_.parse(in)) {
    case ResponseParser::Result::kNeedMore: return Result::kNeedMore;
    case ResponseParser::Result::kError: return Result::kRefused;
    case ResponseParser::Result::kComplete: break;
  }
  // The server does not speak first in TLS: octets behind the head would be the proxy's.
  return parser_.status() < 300 && in.empty() ? Result::kOpen : Result::kRefused;
}

Error ProxyTunnel::error() const {
  if (parser_.fault() != ResponseParser::Fault::kNone) {
    return {Stage::kProxy, kind_of_fault(parser_.fault()), std::string(reason_of_fault(parser_.fault()))};
  }
  if (parser_.status() < 300) return {Stage::kProxy, ErrorKind::kProtocol, "octets behind its answer"};
  return {Stage::kProxy, ErrorKind::kRefused, "it answers " + std::to_string(parser_.status())};
}

}  // namespace pollux::client
