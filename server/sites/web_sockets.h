// The WebSockets of a site, and their handlers.
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

// The settings of [websocket], for every endpoint. `names` must outlive the endpoints.
[[nodiscard]] websocket::EndpointOptions endpoint_options(const WebSocketConfig& config,
                                                          const KnownNames& names);

class WebSockets {
 public:
  // All arguments must outlive the object. `hosts`: their error pages are used.
  WebSockets(const websocket::EndpointOptions& options, websocket::Chat& chat, const http::Hosts& hosts);

  void add_to(http::Router& router, const SiteConfig& site);

  [[nodiscard]] websocket::Endpoint& chat() { return chat_endpoint_; }

  // The server shuts down: tells all open WebSockets.
  void drain();

 private:
  websocket::Echo echo_;
  websocket::Endpoint echo_endpoint_;
  websocket::Endpoint chat_endpoint_;
};

}  // namespace pollux::server
