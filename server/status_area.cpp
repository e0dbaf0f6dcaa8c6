#include "server/status_area.h"

#include <cstdio>
#include <exception>
#include <string>

#include "server/web_sockets.h"
#include "status/trace_text.h"

namespace pollux::server {

namespace {

const trace::Order everything{};

const char* name_of(Model model) {
  switch (model) {
    case Model::kProactor: return "proactor";
    case Model::kReactor: return "reactor";
    case Model::kMultiReactor: break;
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

status::Sources make_sources(const ServerConfig& config, http::FileCache& cache,
                             const std::atomic<bool>& draining) {
  return {.model = name_of(config.model),
          .triggers = std::string(name_of(config.listen_trigger)) + "/" + name_of(config.conn_trigger),
          .accept = name_of(config.accept),
          .started = std::chrono::steady_clock::now(),
          .cache = [&cache] { return cache.usage(); },
          .draining = [&draining] { return draining.load(std::memory_order_relaxed); },
          .root_is_there = [&cache] { return cache.root_is_there(std::chrono::steady_clock::now()); }};
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

StatusArea::StatusArea(const Config& config, http::FileCache& cache, const http::ErrorPages& errors,
                       http::Handler& others, const std::atomic<bool>& draining)
    : sources_(make_sources(config.server, cache, draining)),
      visitors_{
          .any = config.status.any, .loopback = config.status.loopback, .addresses = config.status.addresses},
      printing_(config.status.trace ? print_traces(sources_) : nullptr),
      pages_(sources_, errors),
      feed_(sources_, config.status.trace ? &everything : nullptr),
      feed_options_(endpoint_options(config.websocket)),
      feed_endpoint_(feed_options_, feed_, errors),
      alive_(visitors_, pages_.alive, others),
      ready_(visitors_, pages_.ready, others),
      metrics_(visitors_, pages_.metrics, others),
      status_(visitors_, pages_.status, others),
      live_(visitors_, feed_endpoint_, others) {}

void StatusArea::add_to(http::Router& router) {
  router.add("/healthz", alive_);
  router.add("/readyz", ready_);
  router.add("/metrics", metrics_);
  router.add("/status.json", status_);
  router.add(status::LiveFeed::kPath, live_);
}

}  // namespace pollux::server
