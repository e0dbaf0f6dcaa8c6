// All objects that one configuration makes to serve clients: sites, certificates, the protocols of each kind
// of listener. SIGHUP makes another generation. Connections that began under this one may go on with it
// (net/terms.h), and it is destroyed when the last of them has moved or ended (server/generations.h).
//
// Objects that the server has once, whatever its configuration, stand beside it: Lasting, and in WebServer
// the loops, the sockets and the limits on all connections.
//
// Thread: construction, set_https_port(), begin() and destruction one; the other methods any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "files/file_cache.h"
#include "server/config/config.h"
#include "server/lasting.h"
#include "server/listen/listener.h"
#include "server/sites/sites.h"
#include "server/sites/tls_identity.h"

namespace pollux::server {

class Generation {
 public:
  // For a listener: the listener of the same kind that is now in force.
  using Successor = std::function<std::shared_ptr<const net::Terms>(ListenerKind kind)>;

  // Opens the sites and the access logs. Throws std::exception with a message for people. `tls`: nullptr:
  // plain text only. `lasting` must outlive the generation. `open_files`: maximum of descriptors that the
  // file caches keep.
  Generation(const Config& config, std::unique_ptr<const TlsIdentity> tls, const Lasting& lasting,
             std::size_t open_files, const Successor& successor);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const Listener& listener(ListenerKind kind) const;

  // The port that redirects lead to. REQUIRES: nothing is served yet.
  void set_https_port(std::uint16_t port) { sites_.set_https_port(port); }

  // To be called before it serves. Makes the tables of accounts, so that the first visitor need not wait for
  // them. Returns at once.
  void begin();

  // Another generation has replaced it.
  void retire() { retired_.store(true, std::memory_order_relaxed); }
  // Frees what would only help more clients. May take a while.
  void shrink() { sites_.shrink(); }

  // Ends WebSockets and live views. Called when the server shuts down (Lasting::draining), or when the
  // generation has been retired for long.
  void drain() { sites_.drain(); }

  [[nodiscard]] files::FileCache::Usage cache_usage() const { return sites_.cache_usage(); }
  [[nodiscard]] bool roots_are_there(TimePoint now) const { return sites_.roots_are_there(now); }

 private:
  friend class Generations;

  [[nodiscard]] Speech plain_speech() const;
  [[nodiscard]] Speech https_speech() const;
  [[nodiscard]] Listener make(ListenerKind kind, const Speech& speech, const Successor& successor) const;

  const Config config_;
  std::atomic<bool> retired_{false};
  const std::unique_ptr<const TlsIdentity> tls_;  // nullptr: plain text only.
  Sites sites_;
  const http2::SessionOptions http2_;
  const http::Service plain_for_balancers_;
  const http::Service https_for_balancers_;
  const Listener plain_;
  const Listener https_;
  const Listener status_;
  const Listener balanced_plain_;
  const Listener balanced_https_;
  Generation* next_ended_ = nullptr;  // In the list of generations to be destroyed.
};

}  // namespace pollux::server
