#include "server/sites/web_sockets.h"

namespace pollux::server {

websocket::EndpointOptions endpoint_options(const WebSocketConfig& config, const KnownNames& names) {
  return {.session = {.limits = {.frame = config.frame, .message = config.message},
                      .outbox = config.outbox,
                      .ping_after = config.ping},
          .origins = {.any = config.any_origin,
                      .origins = config.origins,
                      .is_ours = [&names](std::string_view host) { return names.include(host); }},
          .deflate = config.deflate};
}

WebSockets::WebSockets(const websocket::EndpointOptions& options, websocket::Chat& chat,
                       const http::Hosts& hosts)
    : echo_endpoint_(options, echo_, hosts), chat_endpoint_(options, chat, hosts) {}

void WebSockets::add_to(http::Router& router, const SiteConfig& site) {
  if (site.echo) router.add(websocket::Echo::kPath, echo_endpoint_);
  if (site.chat) router.add(websocket::Chat::kPath, chat_endpoint_);
}

void WebSockets::drain() {
  echo_endpoint_.drain();
  chat_endpoint_.drain();
}

}  // namespace pollux::server
