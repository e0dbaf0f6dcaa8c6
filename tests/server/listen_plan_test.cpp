// Which sockets go on when another configuration is put in force.
#include "server/listen/listen_plan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pollux::server {
namespace {

using Kind = ListenerKind;

ListenAt at(std::uint16_t port, Kind kind = Kind::kPlain, std::string host = "127.0.0.1") {
  return {.where = {.host = std::move(host), .port = port}, .kind = kind};
}

TEST(ListenPlan, MatchesEachOpenSocketOnceAtMost) {
  constexpr int kNew = -1;
  const struct {
    const char* what;
    std::vector<ListenAt> open;
    std::vector<ListenAt> wanted;
    std::vector<int> expected;
  } rows[] = {
      {"the start", {}, {at(80), at(443, Kind::kHttps)}, {kNew, kNew}},
      {"nothing changes", {at(80), at(443, Kind::kHttps)}, {at(80), at(443, Kind::kHttps)}, {0, 1}},
      {"another order", {at(80), at(81)}, {at(81), at(80)}, {1, 0}},
      {"one comes", {at(80)}, {at(80), at(81)}, {0, kNew}},
      {"one goes", {at(80), at(81)}, {at(81)}, {1}},
      {"another host", {at(80)}, {at(80, Kind::kPlain, "0.0.0.0")}, {kNew}},
      {"the same of another family", {at(80)}, {at(80, Kind::kPlain, "::1")}, {kNew}},
      {"another kind", {at(80)}, {at(80, Kind::kHttps)}, {0}},
      {"two change places", {at(80), at(81, Kind::kHttps)}, {at(81), at(80, Kind::kHttps)}, {1, 0}},
      {"any port stays", {at(0), at(0)}, {at(0)}, {0}},
      {"any port once more", {at(0)}, {at(0), at(0)}, {0, kNew}},
      {"any port has its kind", {at(0), at(0, Kind::kHttps)}, {at(0, Kind::kHttps), at(0)}, {1, 0}},
      {"any port of another kind", {at(0)}, {at(0, Kind::kStatus)}, {kNew}},
  };
  for (const auto& row : rows) {
    std::vector<int> found;
    for (const auto place : match(row.open, row.wanted))
      found.push_back(place ? static_cast<int>(*place) : kNew);
    EXPECT_EQ(found, row.expected) << row.what;
  }
}

TEST(ListenPlan, HasAllListenersOfAConfiguration) {
  Config config;
  config.server.listen = {{.host = "127.0.0.1", .port = 80}, {.host = "::1", .port = 80}};
  config.tls.listen = {{.host = "127.0.0.1", .port = 443}};
  config.status.listen = {{.host = "127.0.0.1", .port = 9000}};
  const std::vector<ListenAt> expected = {at(80), at(80, Kind::kPlain, "::1"), at(443, Kind::kHttps),
                                          at(9000, Kind::kStatus)};
  EXPECT_EQ(listeners_of(config), expected);
}

}  // namespace
}  // namespace pollux::server
