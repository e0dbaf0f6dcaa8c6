// Answers of a site by its rules, from a real directory.
#include "site/static_site.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/fake_clock.h"
#include "tests/site/asked.h"
#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

using http::Response;

struct SiteFiles : test::TemporaryDirectory {
  SiteFiles() {
    (void)write("users", "ada:$2y$04$9TGwctHfMnOiwFrzV18xou6XhKko7/ePqrW2.PDSntQAL3OmDr6Cm\n");
    (void)write("www/a", "open");
    (void)write("www/team/a", "guarded");
    (void)write("www/gone.html", "gone");
    (void)write("www/_headers", "/*\n X-Frame-Options: DENY\n Cache-Control: no-store\n");
    (void)write("www/_redirects", "/old/* /gone.html 410\n/lost/* /nothing.html 410\n");
  }
};

class StaticSiteTest : public ::testing::Test {
 protected:
  Response ask(const std::string& target, const std::string& fields = "", const std::string& method = "GET") {
    return site_.answer(Asked(fields, method, "192.0.2.7", target).request(), clock_.read());
  }

  const SiteFiles directory_;
  test::FakeClock clock_;
  const Access access_{{{"/team/*", directory_ / "users", "a"}}, {}};
  SiteRules rules_{{.headers = {.configured = {}, .file = directory_ / "www/_headers"},
                    .redirects = {.configured = {}, .file = directory_ / "www/_redirects"}},
                   access_};
  files::FileCache cache_{files::ResourceLoader(directory_ / "www", {.rules = &rules_}), {}};
  const http::ErrorPages errors_{};
  StaticSite site_{{.cache = cache_,
                    .errors = errors_,
                    .rules = rules_,
                    .access = access_,
                    .compressor = nullptr,
                    .max_ranges = 2},
                   {}};
};

// The lines that the cache holds ready are sent as they are: no rule was asked, and nothing was made.
TEST_F(StaticSiteTest, AnOpenFileCostsNothingMoreWhereOthersAreGuarded) {
  const auto file = cache_.find("/a", clock_.read_steady());
  ASSERT_EQ(file->kind, files::Resource::Kind::kFile);
  const Response response = ask("/a");
  EXPECT_EQ(response.prepared_owner, file);
  EXPECT_EQ(response.find_field("X-Frame-Options"), "DENY");
  EXPECT_EQ(ask("/team/a").status, http::Status::kUnauthorized);
}

TEST_F(StaticSiteTest, ErrorsHaveTheFieldsOfPages) {
  const struct {
    const char* target;
    const char* fields;
    const char* method;
    int status;
  } rows[] = {
      {"/none", "", "GET", 404},
      {"/a", "", "POST", 405},
      {"/a", "", "BREW", 501},
      {"/a", "If-Match: \"x\"\r\n", "GET", 412},
      {"/a", "Range: bytes=100-\r\n", "GET", 416},
      {"/old/x", "", "GET", 410},
      {"/lost/x", "", "GET", 410},
  };
  for (const auto& [target, fields, method, status] : rows) {
    const Response response = ask(target, fields, method);
    EXPECT_EQ(http::code(response.status), status) << target << method << fields;
    EXPECT_EQ(response.find_field("X-Frame-Options"), "DENY") << target << status;
    EXPECT_EQ(response.find_field("Cache-Control"), std::nullopt) << target << status;
  }
}

}  // namespace
}  // namespace pollux::site
