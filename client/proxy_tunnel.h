// The dialogue that turns a proxy into a tunnel to a server: CONNECT, and a 2xx response (RFC 9110 9.3.6).
//
// Octets in, values out. Any other response is the proxy's own, and is never passed off as the server's. The
// limits of its head are those of other responses.
//
// Thread: the worker's.
#pragma once

#include <string>

#include "base/buffer.h"
#include "client/outcome.h"
#include "client/response_parser.h"
#include "client/url.h"

namespace pollux::client {

class ProxyTunnel {
 public:
  enum class Result : std::uint8_t { kNeedMore, kOpen, kRefused };

  ProxyTunnel(const Url& server, std::string authorization, const ResponseLimits& limits);

  [[nodiscard]] std::string request() const;
  [[nodiscard]] Result parse(Buffer& in);
  [[nodiscard]] Error error() const;  // REQUIRES: parse() has returned kRefused.

 private:
  const std::string authority_;  // "host:port"
  const std::string authorization_;
  ResponseParser parser_;
};

}  // namespace pollux::client
