#include "server/listen_plan.h"

#include <algorithm>

namespace pollux::server {

std::vector<ListenAt> listeners_of(const Config& config) {
  std::vector<ListenAt> all;
  for (const ListenAddress& where : config.server.listen) all.push_back({where, ListenerKind::kPlain});
  for (const ListenAddress& where : config.tls.listen) all.push_back({where, ListenerKind::kHttps});
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
  match_where([](const ListenAt& a, const ListenAt& b) { return a.where == b.where && a.where.port != 0; });
  return matches;
}

}  // namespace pollux::server
