#include "server/sites/status_area.h"

#include "log/logger.h"

namespace pollux::server {

namespace {

// If strangers can reach the server, one of them may come through a proxy on this machine. So the default,
// which is for people who try the server out, must then be written down in the configuration.
status::Visitors make_visitors(const Config& config) {
  const StatusConfig& status = config.status;
  status::Visitors visitors{.any = status.any, .loopback = status.loopback, .addresses = status.addresses};
  if (status.allow_is_written) return visitors;
  visitors.loopback = status.listen.empty()
                          ? on_loopback(config.server.listen) && on_loopback(config.tls.listen)
                          : on_loopback(status.listen);
  if (!visitors.loopback) {
    log::info(
        "the status pages are off: not only this machine is listened to, and status.allow is not written");
  }
  return visitors;
}

}  // namespace

StatusArea::StatusArea(const Config& config, const websocket::EndpointOptions& feed_options,
                       const Lasting& lasting, const http::Hosts& hosts, http::Handler& others)
    : visitors_(make_visitors(config)),
      pages_(lasting.sources, hosts),
      feed_endpoint_(feed_options, lasting.feed, hosts),
      view_(hosts, config.accounts.enabled),
      alive_(visitors_, pages_.alive, others),
      ready_(visitors_, pages_.ready, others),
      metrics_(visitors_, pages_.metrics, others),
      status_(visitors_, pages_.status, others),
      live_feed_(visitors_, feed_endpoint_, others),
      live_view_(visitors_, view_, others) {}

void StatusArea::add_to(http::Router& router) {
  router.add("/healthz", alive_);
  router.add("/readyz", ready_);
  router.add("/metrics", metrics_);
  router.add("/status.json", status_);
  router.add(status::LiveFeed::kPath, live_feed_);
  router.add_below(status::LiveView::kPath, live_view_);
}

}  // namespace pollux::server
