// The WebSockets of a site: which there are, and who answers on them.
//
// Thread: construction and destruction on the main thread; the handlers on any.
#pragma once

#include "http/handler.h"
#include "server/config/config.h"
#include "server/sites/known_names.h"
#include "websocket/chat.h"
#include "websocket/echo.h"
#include "websocket/endpoint.h"

namespace pollux::server {

// What [websocket] says, of every endpoint. `names` must outlive them.
[[nodiscard]] websocket::EndpointOptions endpoint_options(const WebSocketConfig& config,
                                                          const KnownNames& names);

class WebSockets {
 public:
  // All must outlive this. `hosts`: whose error pages they use.
  WebSockets(const websocket::EndpointOptions& options, websocket::Chat& chat, const http::Hosts& hosts);

  void add_to(http::Router& router, const SiteConfig& site);

  [[nodiscard]] websocket::Endpoint& chat() { return chat_endpoint_; }

  // The server shuts down: all that are open are told so.
  void drain();

 private:
  websocket::Echo echo_;
  websocket::Endpoint echo_endpoint_;
  websocket::Endpoint chat_endpoint_;
};

}  // namespace pollux::server
