// The sites of a server, and the choice of the site for a request.
//
// A site has exact names, and names such as *.example.org, which stand for every name below example.org. The
// longest matching name wins, and an exact one before all others. A host without a match gets the default
// site.
//
// Thread: any. Constant once it serves.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/access_log.h"
#include "http/error_pages.h"
#include "http/handler.h"
#include "http/navigation.h"

namespace pollux::http {

// The parts of a site that sessions and shared handlers need. All must outlive it.
struct VirtualHost {
  const Router& router;
  const ErrorPages& errors;
  const Navigation& navigation;     // For the server's own pages.
  AccessLog* access_log = nullptr;  // nullptr: no log is kept.
};

class Hosts {
 public:
  // Octets, RFC 1035 2.3.4. A longer host gets the default site.
  static constexpr std::size_t kMaxName = 253;

  explicit Hosts(const VirtualHost& by_default)
      : default_(by_default), any_log_(by_default.access_log != nullptr) {}

  // `name`: in lower case, "example.org" or "*.example.org".
  void add(const std::string& name, const VirtualHost& host);

  // `host`: as the client wrote it, without a port.
  [[nodiscard]] const VirtualHost& find(std::string_view host) const {
    return names_.empty() ? default_ : find_by_name(host);
  }
  // For the host of the request.
  [[nodiscard]] const VirtualHost& of(const Request& request) const { return find(request.host()); }
  [[nodiscard]] const VirtualHost& by_default() const { return default_; }

  [[nodiscard]] bool has_names() const { return !names_.empty(); }
  [[nodiscard]] bool any_log() const { return any_log_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  [[nodiscard]] const VirtualHost& find_by_name(std::string_view host) const;

  const VirtualHost default_;
  std::unordered_map<std::string, VirtualHost, Hash, std::equal_to<>> names_;  // Not clients' choice.
  bool any_log_;
};

// One handler that routes each request by its host. Bodies are discarded.
class RoutedByHost final : public Handler {
 public:
  // `hosts` must outlive the handler.
  explicit RoutedByHost(const Hosts& hosts) : hosts_(hosts) {}

  void handle(Exchange& exchange) override {
    const Request& request = exchange.request();
    hosts_.of(request).router.find(request).handle(exchange);
  }

 private:
  const Hosts& hosts_;
};

}  // namespace pollux::http
