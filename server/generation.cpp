#include "server/generation.h"

#include <utility>

namespace pollux::server {

namespace {

http2::SessionOptions http2_options(const Config& config) {
  const std::uint64_t header_list = config.limits.headers + config.limits.request_line;
  return {.frames = {.streams = config.limits.http2_streams,
                     .header_list = static_cast<std::uint32_t>(header_list),
                     .tunnels = true},
          .header = config.timeouts.header,
          .body = config.timeouts.body,
          .send = config.timeouts.send,
          .keepalive = config.timeouts.keepalive};
}

http::Service for_balancers(http::Service service) {
  service.proxied = true;
  return service;
}

// The same behind a load balancer. `service`: for_balancers().
Speech behind(const Speech& speech, const http::Service& service) {
  return {.service = service, .tls = speech.tls, .http2 = speech.http2, .balancers = &service.proxies};
}

net::Timeouts timeouts_of(const Config& config) {
  return {.handshake = config.timeouts.handshake,
          .header = config.timeouts.header,
          .body = config.timeouts.body,
          .send = config.timeouts.send,
          .keepalive = config.timeouts.keepalive,
          .open = config.websocket.ping};
}

}  // namespace

Generation::Generation(const Config& config, std::unique_ptr<const TlsIdentity> tls, const Lasting& lasting,
                       std::size_t open_files, const Successor& successor)
    : config_(config),
      tls_(std::move(tls)),
      sites_(
          config_, open_files,
          [this](std::string_view host) { return tls_ != nullptr && tls_->is_for(host); }, lasting),
      http2_(http2_options(config)),
      plain_for_balancers_(for_balancers(sites_.plain())),
      https_for_balancers_(for_balancers(sites_.https())),
      plain_(make(ListenerKind::kPlain, plain_speech(), successor)),
      https_(make(ListenerKind::kHttps, https_speech(), successor)),
      status_(make(ListenerKind::kStatus, {.service = sites_.status()}, successor)),
      balanced_plain_(
          make(ListenerKind::kBalancedPlain, behind(plain_speech(), plain_for_balancers_), successor)),
      balanced_https_(
          make(ListenerKind::kBalancedHttps, behind(https_speech(), https_for_balancers_), successor)) {}

Speech Generation::plain_speech() const {
  return {.service = sites_.plain(), .http2 = config_.server.h2c ? &http2_ : nullptr};
}

Speech Generation::https_speech() const {
  return {.service = sites_.https(), .tls = tls_.get(), .http2 = config_.server.http2 ? &http2_ : nullptr};
}

Listener Generation::make(ListenerKind kind, const Speech& speech, const Successor& successor) const {
  return Listener(speech, timeouts_of(config_), config_.server.linger, retired_,
                  [successor, kind] { return successor(kind); });
}

const Listener& Generation::listener(ListenerKind kind) const {
  switch (kind) {
    case ListenerKind::kHttps: return https_;
    case ListenerKind::kStatus: return status_;
    case ListenerKind::kBalancedPlain: return balanced_plain_;
    case ListenerKind::kBalancedHttps: return balanced_https_;
    case ListenerKind::kPlain: break;
  }
  return plain_;
}

void Generation::begin() {
  if (MemberArea* area = sites_.member_area()) area->prepare();
}

}  // namespace pollux::server
