#include "server/status_area.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <exception>
#include <string>

#include "log/logger.h"
#include "status/trace_text.h"

namespace pollux::server {

namespace {

const trace::Order everything{};

const char* name_of(Model model) {
  switch (model) {
    case Model::kProactor: return "proactor";
    case Model::kReactor: return "reactor";
    case Model::kIoUring: return "io-uring";
    case Model::kMultiReactor: break;
    case Model::kAuto: assert(false); break;
  }
  return "multi-reactor";
}

const char* name_of(Accept accept) {
  switch (accept) {
    case Accept::kLoop: return "loop";
    case Accept::kThread: return "thread";
    case Accept::kReuseport: break;
  }
  return "reuseport";
}

const char* name_of(Trigger trigger) { return trigger == Trigger::kEdge ? "et" : "lt"; }

std::string triggers_of(const ServerConfig& config) {
  if (config.model == Model::kIoUring) return status::Sources::kNoTriggers;
  return std::string(name_of(config.listen_trigger)) + "/" + name_of(config.conn_trigger);
}

using SiteList = std::vector<std::unique_ptr<HostedSite>>;

// Of all caches together.
files::FileCache::Usage usage_of(const SiteList& sites) {
  files::FileCache::Usage sum;
  for (const auto& site : sites) {
    const files::FileCache::Usage usage = site->cache().usage();
    sum.entries += usage.entries;
    sum.memory += usage.memory;
    sum.open_files += usage.open_files;
  }
  return sum;
}

bool roots_are_there(const SiteList& sites) {
  const TimePoint now = std::chrono::steady_clock::now();
  return std::all_of(sites.begin(), sites.end(),
                     [now](const auto& site) { return site->cache().root_is_there(now); });
}

status::Sources make_sources(const ServerConfig& config, const SiteList& sites,
                             const std::atomic<bool>& draining) {
  return {.model = name_of(config.model),
          .triggers = triggers_of(config),
          .accept = name_of(config.accept),
          .started = std::chrono::steady_clock::now(),
          .cache = [&sites] { return usage_of(sites); },
          .draining = [&draining] { return draining.load(std::memory_order_relaxed); },
          .root_is_there = [&sites] { return roots_are_there(sites); }};
}

// Where strangers can reach the server, one of them may come through a proxy on this machine. So what is the
// default for those who try the server out has to be written down there.
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

// For who learns at a terminal: it is no log, and so few a second may be waited for.
std::shared_ptr<void> print_traces(const status::Sources& sources) {
  trace::Tracer::instance().follow(everything);
  return trace::Tracer::instance().listen([&sources](const trace::Recording& recording) {
    try {
      const std::string text = status::to_text(recording, sources);
      (void)std::fwrite(text.data(), 1, text.size(), stderr);
    } catch (const std::exception&) {  // No memory: the next one, perhaps.
      return;
    }
  });
}

}  // namespace

StatusArea::StatusArea(const Config& config, const websocket::EndpointOptions& feed_options,
                       const SiteList& sites, const http::Hosts& hosts, http::Handler& others,
                       const std::atomic<bool>& draining)
    : sources_(make_sources(config.server, sites, draining)),
      visitors_(make_visitors(config)),
      printing_(config.status.trace ? print_traces(sources_) : nullptr),
      pages_(sources_, hosts),
      feed_(sources_, config.status.trace ? &everything : nullptr),
      feed_endpoint_(feed_options, feed_, hosts),
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
