#include "server/listen/listen_plan.h"

#include <algorithm>
#include <utility>

namespace pollux::server {

NamedAddress named(const ListenAt& at) {
  if (at.kind == ListenerKind::kStatus) return {"status.listen", at.where};
  return {is_https(at.kind) ? "tls.listen" : "server.listen", at.where};
}

std::vector<ListenAt> listeners_of(const Config& config) {
  std::vector<ListenAt> all;
  // Only the kind tells whether a load balancer is in front: the socket is the same.
  const auto add = [&](ListenAddress where, ListenerKind direct, ListenerKind balanced) {
    const bool proxy = std::exchange(where.proxy, false) || config.server.proxy_protocol;
    all.push_back({std::move(where), proxy ? balanced : direct});
  };
  for (const ListenAddress& where : config.server.listen)
    add(where, ListenerKind::kPlain, ListenerKind::kBalancedPlain);
  for (const ListenAddress& where : config.tls.listen)
    add(where, ListenerKind::kHttps, ListenerKind::kBalancedHttps);
  for (const ListenAddress& where : config.status.listen) all.push_back({where, ListenerKind::kStatus});
  return all;
}

std::vector<std::optional<std::size_t>> match(const std::vector<ListenAt>& open,
                                              const std::vector<ListenAt>& wanted) {
  std::vector<std::optional<std::size_t>> matches(wanted.size());
  std::vector<bool> used(open.size());
  const auto match_where = [&](auto fits) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      for (std::size_t j = 0; j < open.size() && !matches[i]; ++j) {
        if (used[j] || !fits(open[j], wanted[i])) continue;
        matches[i] = j;
        used[j] = true;
      }
    }
  };
  match_where([](const ListenAt& a, const ListenAt& b) { return a == b; });
  match_where([](const ListenAt& a, const ListenAt& b) {
    return a.where == b.where && (a.where.is_unix() || a.where.port != 0);
  });
  return matches;
}

}  // namespace pollux::server
