#include "site/routes.h"

#include <gtest/gtest.h>

#include "tests/files/temporary_site.h"

namespace pollux::site {
namespace {

constexpr TimePoint kAsked{std::chrono::hours(1000)};

class RoutesTest : public ::testing::Test {
 protected:
  // "file PATH", "page STATUS PATH" (in place of what is not there), "STATUS LOCATION", "listing", "none" or
  // "none STATUS".
  std::string route(const RouteOptions& options, std::string_view rules, std::string_view path,
                    bool wants_page = false) {
    const Routes routes(cache_, options);
    const RedirectFile parsed = Redirects::parse(rules);
    EXPECT_TRUE(parsed.errors.empty());
    const Route found =
        routes.find({.host = "h", .path = path, .query = "q"}, wants_page, parsed.rules, kAsked);
    const std::string status = std::to_string(static_cast<int>(found.status));
    switch (found.kind) {
      case Route::Kind::kFile: return (found.stands_in ? "page " + status + " " : "file ") + found.file->path;
      case Route::Kind::kRedirect: return status + " " + found.location;
      case Route::Kind::kListing: return "listing";
      case Route::Kind::kNone: break;
    }
    return found.status == http::Status::kOk ? "none" : "none " + status;
  }

  void SetUp() override {
    for (const char* name : {"index.html", "a.html", "a/index.html", "b/c.html", "members/index.html",
                             "members/x.html", "app.html"}) {
      site_.write(name, name);
    }
  }

  files::TemporarySite site_;
  files::FileCache cache_{files::ResourceLoader(site_.directory().string(), {.index = {"index.html"}}), {}};
};

TEST_F(RoutesTest, WhereEachPathLeads) {
  const RouteOptions plain;
  const RouteOptions clean{.clean_urls = true};
  const RouteOptions listing{.listing = true};
  const RouteOptions fallback{.fallback = "/app.html"};
  const RouteOptions secret{.private_paths = {"/a.html"}, .members_only = {"/members/"}};
  const RouteOptions members{.fallback = "/members/x.html", .members_only = {"/members/"}};
  constexpr std::string_view kEndless = "/l /m 200\n/m /l 200\n";
  const struct {
    const RouteOptions& options;
    std::string_view rules;
    std::string_view path;
    std::string_view expected;
    bool wants_page = false;
  } rows[] = {
      {plain, "", "/", "file /index.html"},
      {plain, "", "/a.html", "file /a.html"},
      {plain, "", "/a", "301 /a/?q"},
      {plain, "", "/b/", "none"},
      {plain, "", "/.git/config", "none"},
      {clean, "", "/a", "file /a.html"},
      {clean, "", "/a/", "file /a/index.html"},
      {clean, "", "/a.html", "308 /a?q"},
      {clean, "", "/a/index.html", "308 /a/?q"},
      {clean, "", "/b/c/", "308 /b/c?q"},
      {clean, "", "/none.html", "none"},
      {listing, "", "/b/", "listing"},
      {listing, "", "/", "file /index.html"},
      {listing, "", "/none/", "none"},
      {fallback, "", "/users/7", "page 200 /app.html", true},
      {fallback, "", "/users/7", "none", false},
      {fallback, "", "/x.js", "none", true},
      {plain, "/a.html /b/c.html 301", "/a.html", "file /a.html"},
      {plain, "/a.html /b/c.html 301!", "/a.html", "301 /b/c.html?q"},
      {plain, "/x /a.html 200", "/x", "file /a.html"},
      {plain, "/x /a 200", "/x", "file /a/index.html"},
      {plain, "/x /y 200\n/y /a.html 200", "/x", "file /a.html"},
      {plain, "/x/* /a.html 404", "/x/1", "page 404 /a.html"},
      {plain, "/x/* /none 410", "/x/1", "none 410"},
      {plain, "/x/* /none 404", "/x/1", "none 404"},
      {plain, kEndless, "/l", "none"},
      {secret, "", "/a.html", "none"},
      {secret, "/x /a.html 200", "/x", "none"},
      {secret, "/x /members/x.html 200", "/x", "302 /members/x.html?q"},
      {secret, "/x /members/x.html 404", "/x", "302 /members/x.html?q"},
      {secret, "/x /members 200", "/x", "302 /members?q"},
      {secret, "/app/* /:splat 200", "/app/members", "302 /members?q"},
      {secret, "/x /members/ 200", "/x", "302 /members/?q"},
      {secret, "/members/* /members/x.html 200", "/members/y", "file /members/x.html"},
      {secret, "/members /members/x.html 200!", "/members", "file /members/x.html"},
      {members, "", "/users/7", "302 /members/x.html?q", true},
      {members, "", "/members/y", "page 200 /members/x.html", true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(route(row.options, row.rules, row.path, row.wants_page), row.expected) << row.rules << row.path;
  }
}

}  // namespace
}  // namespace pollux::site
