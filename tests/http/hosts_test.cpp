#include "http/hosts.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
namespace pollux::http {
namespace {

class Nothing final : public AnsweringHandler {
 public:
  Response answer(const Request& /*request*/, const Now& /*now*/) override { return {}; }
};

TEST(Hosts, TheLongestNameThatFitsWins) {
  const ErrorPages errors{};
  const Navigation navigation{};
  Nothing nothing;
  std::map<std::string, Router> routers;  // A site is told apart by its router.
  const auto site = [&](const std::string& name) {
    return VirtualHost{.router = routers.try_emplace(name, nothing).first->second,
                       .errors = errors,
                       .navigation = navigation};
  };
  Hosts hosts(site("default"));
  EXPECT_FALSE(hosts.has_names());
  for (const char* name : {"example.org", "*.example.org", "*.deep.example.org", "a.deep.example.org", "::1",
                           "localhost", "*.under_score.test"}) {
    hosts.add(name, site(name));
  }
  EXPECT_TRUE(hosts.has_names());

  const struct {
    std::string host;
    std::string site;
  } rows[] = {
      {"example.org", "example.org"},
      {"EXAMPLE.Org", "example.org"},
      {"www.example.org", "*.example.org"},
      {"a.b.c.example.org", "*.example.org"},
      {"b.deep.example.org", "*.deep.example.org"},
      {"c.b.deep.example.org", "*.deep.example.org"},
      {"a.deep.example.org", "a.deep.example.org"},
      {"deep.example.org", "*.example.org"},
      {"x.under_score.test", "*.under_score.test"},
      {"localhost", "localhost"},
      {"::1", "::1"},
      {"badexample.org", "default"},
      {".example.org", "default"},
      {"*.example.org", "*.example.org"},
      {"org", "default"},
      {"", "default"},
      {std::string(300, '.'), "default"},
      {std::string(241, 'a') + ".example.org", "*.example.org"},
      {std::string(242, 'a') + ".example.org", "default"},
  };
  for (const auto& row : rows) EXPECT_EQ(&hosts.find(row.host).router, &routers.at(row.site)) << row.host;
}

}  // namespace
}  // namespace pollux::http
