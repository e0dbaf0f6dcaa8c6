#include "site/redirects.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>

#include "base/clock.h"
#include "http/lists.h"
#include "http/uri.h"

namespace pollux::site {
namespace {

// The pages the examples are from.
constexpr std::string_view kCloudflare = "https://developers.cloudflare.com/pages/configuration/redirects/";
constexpr std::string_view kNetlify = "https://docs.netlify.com/manage/routing/redirects/overview/";
constexpr std::string_view kNetlifyOptions =
    "https://docs.netlify.com/manage/routing/redirects/redirect-options/";
constexpr std::string_view kNetlifyRewrites =
    "https://docs.netlify.com/manage/routing/redirects/rewrites-proxies/";

std::string asked(const Redirects& rules, std::string_view url) {
  const std::optional<http::Target> target = http::parse_target(url);
  if (!target) return "no URL";
  std::string storage;
  const http::PathResult path = http::normalise_path(target->path, storage);
  const std::string host = http::in_lower_case(http::host_of(target->authority));
  const std::optional<Redirect> redirect = rules.find(
      {.host = host, .path = path.path, .query = target->query, .secure = url.starts_with("https://")});
  if (!redirect) return "-";
  const std::string_view force = redirect->forced ? "!" : "";
  if (!redirect->is_rewrite())
    return fmt::format("{}{} {}", code(redirect->status), force, redirect->location);
  const std::string_view mark = redirect->query.empty() ? "" : "?";
  return fmt::format("{}{} = {}{}{}", code(redirect->status), force, redirect->path, mark, redirect->query);
}

struct RedirectCase {
  std::string_view source;  // Of the example.
  std::string_view rules, url, answer;
};

void check_redirects(const RedirectCase& row) {
  const RedirectFile file = Redirects::parse(row.rules);
  for (const RuleError& error : file.errors)
    ADD_FAILURE() << row.rules << ":" << error.line << ": " << error.message;
  const std::string url =
      row.url.starts_with('/') ? fmt::format("https://site.example{}", row.url) : std::string(row.url);
  EXPECT_EQ(asked(file.rules, url), row.answer) << row.rules << "\n" << row.url << "\n" << row.source;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Otherwise rewrites that lead to each other could take all memory.
TEST(Redirects, WhatAClientSendsIsMultipliedWithinBounds) {
  const std::string most = repeated("/:splat", 16);
  const RedirectFile file = Redirects::parse("/a/* " + most + " 200\n/b/* " + most + "?:splat\n");
  ASSERT_EQ(file.errors.size(), 1U);
  EXPECT_EQ(file.errors.front().message, "there are more than 16 placeholders in the destination");
  EXPECT_EQ(asked(file.rules, "/a/x"), "200 = " + repeated("/x", 16));
  const std::string longest(4095, 'x');
  EXPECT_EQ(asked(file.rules, "/a/" + longest), "200 = " + repeated("/" + longest, 16));
  EXPECT_EQ(asked(file.rules, "/a/" + longest + "x"), "-");
}

std::chrono::nanoseconds processor_time() {
  struct timespec time {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::nanoseconds(nanoseconds(time));
}

// All stand under one path, so each is asked: but what a client sends is taken apart once.
TEST(Redirects, ALongQueryCostsLittleMoreThanAShortOne) {
  std::string text;
  for (std::size_t i = 0; i < kMaxRules; ++i) text += fmt::format("/item.php id={0} /p/{0} 301\n", i);
  const RedirectFile file = Redirects::parse(text);
  ASSERT_EQ(file.rules.size(), kMaxRules);
  EXPECT_EQ(asked(file.rules, "/item.php?id=9999"), "301 /p/9999?id=9999");
  const auto time_for = [&file](std::string_view query) {
    auto least = std::chrono::nanoseconds::max();
    for (int i = 0; i < 5; ++i) {
      const auto begin = processor_time();
      EXPECT_FALSE(file.rules.find({.path = "/item.php", .query = query}));
      least = std::min(least, processor_time() - begin);
    }
    return least;
  };
  EXPECT_LT(time_for("x=" + std::string(8000, 'x')), 5 * time_for("x=x"));
  EXPECT_LT(time_for("x=" + std::string(8000, '%')), 5 * time_for("x=x")) << "not a form";
}

TEST(Redirects, ExamplesOfCloudflare) {
  constexpr std::string_view kAll =
      "/home301 / 301\n/home302 / 302\n/querystrings /?query=string 301\n/twitch https://twitch.tv\n"
      "/trailing /trailing/ 301\n/notrailing/ /nottrailing 301\n/page/ /page2/#fragment 301\n"
      "/blog/* https://blog.my.domain/:splat\n/products/:code/:name /products?code=:code&name=:name\n";
  constexpr RedirectCase kCases[] = {
      {kCloudflare, kAll, "/home301", "301 /"},
      {kCloudflare, kAll, "/home302", "302 /"},
      {kCloudflare, kAll, "/home301?a=b", "301 /?a=b"},
      {kCloudflare, kAll, "/querystrings", "301 /?query=string"},
      {kCloudflare, kAll, "/querystrings?a=b", "301 /?query=string"},
      {kCloudflare, kAll, "/home301?a[]=\\{|}^`'%5C", "301 /?a[]=%5C%7B%7C%7D%5E%60'%5C"},
      {kCloudflare, kAll, "/twitch", "302 https://twitch.tv/"},
      {kCloudflare, kAll, "/trailing", "301 /trailing/"},
      {kCloudflare, kAll, "/trailing/", "-"},
      {kCloudflare, kAll, "/notrailing/", "301 /nottrailing"},
      {kCloudflare, kAll, "/page/", "301 /page2/#fragment"},
      {kCloudflare, kAll, "/page/?a=b", "301 /page2/?a=b#fragment"},
      {kCloudflare, kAll, "/blog/a/b", "302 https://blog.my.domain/a/b"},
      {kCloudflare, kAll, "/blog/", "302 https://blog.my.domain/"},
      {kCloudflare, kAll, "/products/123/a%20b&c", "302 /products?code=123&name=a%20b%26c"},
      {kCloudflare, "/blog/* /posts/:splat", "/blog/x", "302 /posts/x"},
      {kCloudflare, "/movies/:title /media/:title", "/movies/up", "302 /media/up"},
      {kCloudflare, "/blog/:year/:month/:date/:slug /news/:year/:month/:date/:slug", "/blog/1/2/3/four",
       "302 /news/1/2/3/four"},
      {kCloudflare, "/blog/* /news/:splat 200", "/blog/a/b", "200 = /news/a/b"},
      {kCloudflare, "/blog/* /blog/404.html 404", "/blog/x", "404 = /blog/404.html"},
      {kCloudflare, "/shop id=:id /blog/:id 301", "/shop?id=7", "301 /blog/7?id=7"},
      {kCloudflare, "/a /b 200\n/b /c 200", "/a", "200 = /b"},
      {kCloudflare, "/a /b 200\n/b /c 200", "/b", "200 = /c"},
      {kCloudflare, "/about/faq/* /about/faqs 200", "/about/faq/x", "200 = /about/faqs"},
      {"workers-sdk, parseRedirects.valid.test.ts", "/a /b##blah-1 302", "/a", "302 /b##blah-1"},
      {"workers-sdk, parseRedirects.valid.test.ts", "/ext https://some.domain:1234/route?q=string#anchor",
       "/ext", "302 https://some.domain:1234/route?q=string#anchor"},
      {"workers-sdk, parseRedirects.valid.test.ts", "/a /b # comment", "/a", "302 /b"},
      {"workers-sdk, parseRedirects.valid.test.ts", "  /a /b 301 \r\n# c", "/a", "301 /b"},
  };
  for (const RedirectCase& row : kCases) check_redirects(row);
}

TEST(Redirects, ExamplesOfNetlify) {
  constexpr std::string_view kJobs =
      "/jobs/customer-ninja-rockstar /careers/support-engineer\n/jobs/* /careers/:splat";
  constexpr std::string_view kThree =
      "/path/* param1=:value1 param2=:value2 /otherpath/:value1/:value2/:splat 301\n"
      "/path/* param1=:value1 /otherpath/:value1/:splat 301\n/path/* /otherpath/:splat 301";
  constexpr std::string_view kDomains =
      "http://blog.yoursite.com/* https://www.yoursite.com/blog/:splat 301!\n"
      "https://blog.yoursite.com/* https://www.yoursite.com/blog/:splat 301!";
  constexpr RedirectCase kCases[] = {
      {kNetlify, "/home /", "/home", "302 /"},  // Netlify: 301.
      {kNetlify, "/blog/my-post.php /blog/my-post", "/blog/my-post.php", "302 /blog/my-post"},
      {kNetlify, "/cuties https://www.petsofnetlify.com", "/cuties", "302 https://www.petsofnetlify.com/"},
      {kNetlify, "/authors/c%C3%A9line /authors/about-c%C3%A9line", "/authors/c%c3%a9line",
       "302 /authors/about-c%C3%A9line"},
      {kNetlifyOptions, "/my-redirect / 302", "/my-redirect", "302 /"},
      {kNetlifyOptions, "/ecommerce /store-closed 404", "/ecommerce", "404 = /store-closed"},
      {kNetlifyOptions, "/pass-through /index.html 200", "/pass-through", "200 = /index.html"},
      {kNetlifyOptions, "/en/* /en/404.html 404\n/de/* /de/404.html 404", "/de/x", "404 = /de/404.html"},
      {kNetlifyOptions, "/news/* /blog/:splat", "/news/2004/01/10/my-story", "302 /blog/2004/01/10/my-story"},
      {kNetlifyOptions, kJobs, "/jobs/customer-ninja-rockstar", "302 /careers/support-engineer"},
      {kNetlifyOptions, kJobs, "/jobs/developer", "302 /careers/developer"},
      {kNetlifyOptions, "/news/:month/:date/:year/:slug /blog/:year/:month/:date/:slug",
       "/news/02/12/2004/my-story", "302 /blog/2004/02/12/my-story"},
      {kNetlifyOptions, "/store id=:id /blog/:id 301", "/store?id=my-blog-post",
       "301 /blog/my-blog-post?id=my-blog-post"},
      {kNetlifyOptions, "/store id=:id /blog/:id 301", "/store", "-"},
      {kNetlifyOptions, "/store id=:id /blog/:id 301", "/store?id=1&x=2", "-"},
      {kNetlifyOptions, "/articles id=:id tag=:tag /posts/:tag/:id 301", "/articles?tag=t&id=i",
       "301 /posts/t/i?tag=t&id=i"},
      {kNetlifyOptions, kThree, "/path/x?param1=a&param2=b", "301 /otherpath/a/b/x?param1=a&param2=b"},
      {kNetlifyOptions, kThree, "/path/x?param1=a", "301 /otherpath/a/x?param1=a"},
      {kNetlifyOptions, kThree, "/path/x", "301 /otherpath/x"},
      {kNetlifyOptions, kDomains, "http://blog.yoursite.com/a", "301! https://www.yoursite.com/blog/a"},
      {kNetlifyOptions, kDomains, "https://blog.yoursite.com:8443/a", "301! https://www.yoursite.com/blog/a"},
      {kNetlifyOptions, kDomains, "https://www.yoursite.com/a", "-"},
      {kNetlifyRewrites, "/* /index.html 200", "/a/deep/link", "200 = /index.html"},
      {kNetlifyRewrites, "/* /index.html 200", "/a?b=c", "200 = /index.html?b=c"},
      {kNetlifyRewrites, "/app/* /app/index.html 200!", "/app/x", "200! = /app/index.html"},
      {"netlify/build, redirects_file/query", "/ page=news /news\n/ _escaped_fragment_=/about /about",
       "/?page=news", "302 /news?page=news"},
      {"netlify/build, redirects_file/query", "/ page=news /news\n/ _escaped_fragment_=/about /about",
       "/?_escaped_fragment_=%2Fabout", "302 /about?_escaped_fragment_=%2Fabout"},
  };
  for (const RedirectCase& row : kCases) check_redirects(row);
}

TEST(Redirects, Semantics) {
  constexpr RedirectCase kCases[] = {
      // The first line counts, whatever kind the lines are.
      {"", "/a/* /splat\n/a/b /exact", "/a/b", "302 /splat"},
      {"", "/:x /placeholder\n/a /exact\nhttps://site.example/a /host", "/a", "302 /placeholder"},
      {"", "/a /one\n/a x=1 /two", "/a?x=1", "302 /one?x=1"},
      {"", "/a x=1 /two\n/a /one", "/a?x=1", "302 /two?x=1"},
      {"", "/a/b/c/* /deep\n/* /wide", "/a/b/c/d", "302 /deep"},
      {"", "/a/b/c/* /deep\n/* /wide", "/a/b/c", "302 /wide"},
      // A line that leads to where the request is is passed over.
      {"", "/a /a", "/a", "-"},
      {"", "/* /index.html 200", "/index.html", "-"},
      {"", "/* /x 301\n/x /y 301", "/x", "301 /y"},
      {"", "/a /a#top", "/a", "-"},
      {"", "/a /a?x=1", "/a", "302 /a?x=1"},
      {"", "/a /a?x=1", "/a?x=1", "-"},
      {"", "/* https://www.site.example/:splat 301!", "https://www.site.example/a", "-"},
      {"", "/* https://www.site.example/:splat 301!", "http://www.site.example/a",
       "301! https://www.site.example/a"},
      {"", "http://site.example/* https://site.example/:splat 301!", "http://site.example/a?b",
       "301! https://site.example/a?b"},
      {"", "http://site.example/* https://site.example/:splat 301!", "https://site.example/a", "-"},
      // All statuses.
      {"", "/a /b 303", "/a", "303 /b"},
      {"", "/a /b 307", "/a", "307 /b"},
      {"", "/a /b 308!", "/a", "308! /b"},
      {"", "/a /gone.html 410", "/a", "410 = /gone.html"},
      // The other spellings of a path.
      {"", "/admin/* /login 302!", "/%61dmin//x", "302! /login"},
      {"", "/admin/* /login 302!", "/x/../admin/y", "302! /login"},
      // Nothing a client sends leads to another host, or out of the field.
      {"", "/x* /:splat", "/x/evil.example", "302 /evil.example"},
      {"", "/x/* /:splat", "/x//evil.example/", "302 /evil.example/"},
      {"", "/x/* /:splat", "/x/%5Cevil.example", "302 /%5Cevil.example"},
      {"", "/x/* /:splat", "/x/%0d%0aSet-Cookie:%20a=b", "302 /%0D%0ASet-Cookie:%20a=b"},
      {"", "/x u=:u /:u", "/x?u=//evil.example", "302 /evil.example?u=//evil.example"},
      {"", "/x u=:u /go?to=:u", "/x?u=a%26b=c%0d%0a", "302 /go?to=a%26b%3Dc%0D%0A"},
      {"", "/x/* /y#:splat", "/x/a%20b", "302 /y#a%20b"},
      {"", "/x/* /y/:splat 200", "/x/a%25%3Fb", "200 = /y/a%?b"},
      {"", "/x* /:splat/../../y 200", "/x/a", "-"},
      {"", "https://:sub.old.example/* https://:sub.new.example/:splat", "https://a-b.old.example/c",
       "302 https://a-b.new.example/c"},
      {"", "https://:sub.old.example/* https://:sub.new.example/:splat", "https://a%20b.old.example/c", "-"},
      // What the owner wrote stays, but for what a field cannot hold.
      {"", "/a /caf\xC3\xA9?q=\"x\"", "/a", "302 /caf%C3%A9?q=%22x%22"},
      {"", "/a /\\evil.example", "/a", "302 /%5Cevil.example"},
      {"", "/a /b/:unknown", "/a", "302 /b/:unknown"},
      {"", "/:id/:id_2 /:id_2/:id/:id_3", "/1/2", "302 /2/1/:id_3"},
      {"", "/a#fragment /b", "/a", "302 /b"},
      {"", "/s q=:q /t/:q", "/s?q=a+b", "302 /t/a%20b?q=a+b"},
      {"", "/s q=:q /t/:q", "/s?q=", "-"},
      {"", "/s q=:q /t/:q", "/s?q=%zz", "-"},
      {"", "\xEF\xBB\xBF/a /b", "/a", "302 /b"},
  };
  for (const RedirectCase& row : kCases) check_redirects(row);
}

TEST(Redirects, ErrorsNameTheirLine) {
  struct ErrorCase {
    std::string_view line, error;
  };
  constexpr ErrorCase kCases[] = {
      {"/a", "there is no destination"},
      {"/a x=1", "there is no destination"},
      {"/a 301", "the destination \"301\" begins neither with / nor with https://"},
      {"a /b", "\"a\" begins neither with / nor with https://"},
      {"/a b", "the destination \"b\" begins neither with / nor with https://"},
      {"/a //evil.example", "the destination \"//evil.example\" begins with //; another host needs https://"},
      {"/a javascript:alert(1)",
       "the destination \"javascript:alert(1)\" begins neither with / nor with https://"},
      {"/a /b%4", "\"/b%4\": there is a % without two hexadecimal digits after it"},
      {"/a https://", "\"\" is not a host"},
      {"/a https://b@c/", "\"b@c\" is not a host"},
      {"/a https://b:99999/", "\"b:99999\" is not a host"},
      {"/a?b=c /d", "the source has a ?; write query parameters as in: /from name=:value /to/:value"},
      {"/*/* /b", "\"/*/*\": there is more than one *"},
      {"/a:b x=:b /c", "the name :b stands for two things"},
      {"/a x=1&y=2 /c", "\"x=1&y=2\" is not a query parameter"},
      {"/:host/* https://:host/:splat",
       "the client would choose the host \":host\": :host is not a part of the source's host"},
      {"/x h=:h https://:h.example.org/",
       "the client would choose the host \":h.example.org\": :h is not a part of the source's host"},
      {"/a /b 304", "the status \"304\" is none of 200, 301, 302, 303, 307, 308, 404 and 410"},
      {"/a /b !", "the status \"!\" is none of 200, 301, 302, 303, 307, 308, 404 and 410"},
      {"/a /b 301!!", "the status \"301!!\" is none of 200, 301, 302, 303, 307, 308, 404 and 410"},
      {"/a /b 301 x", "\"x\" stands behind the status, where nothing else is known"},
      {"/api/* https://api.example.com/:splat 200",
       "another host cannot be shown here: proxying is not supported"},
      {"/a https://b.example/ 404", "the page of this status must be one of this site"},
      {"/ /china 302 Country=cn,hk,tw",
       "the condition \"Country=cn,hk,tw\" is not supported, so the line is not applied"},
      {"/ /china 302 Language=zh",
       "the condition \"Language=zh\" is not supported, so the line is not applied"},
      {"/admin/* /admin/:splat 200! Role=admin",
       "the condition \"Role=admin\" is not supported, so the line is not applied"},
      {"/* /preview/:splat 302 Cookie=preview",
       "the condition \"Cookie=preview\" is not supported, so the line is not applied"},
      {"/a /b Country=us", "the condition \"Country=us\" is not supported, so the line is not applied"},
      {"/good /c", "line 1 has the same source, and the first one counts"},
      {"/a\x01 /b", "there is a control character in the line"},
  };
  for (const ErrorCase& row : kCases) {
    const RedirectFile file =
        Redirects::parse(fmt::format("/good /b\n\n# a comment\n{}\n/last /d\n", row.line));
    ASSERT_EQ(file.errors.size(), 1U) << row.line;
    EXPECT_EQ(file.errors.front().line, 4) << row.line;
    EXPECT_EQ(file.errors.front().message, row.error) << row.line;
    EXPECT_EQ(asked(file.rules, "/good"), "302 /b") << row.line;
    EXPECT_EQ(asked(file.rules, "/last"), "302 /d") << row.line;
  }
}

TEST(Redirects, SizesAreBounded) {
  const std::string long_line = "/a /" + std::string(kMaxLineOctets, 'x');
  RedirectFile file = Redirects::parse(long_line + "\n/b /c");
  ASSERT_EQ(file.errors.size(), 1U);
  EXPECT_EQ(file.errors.front().message, "the line is longer than 8192 octets");
  EXPECT_EQ(file.rules.size(), 1U);

  file = Redirects::parse(std::string(kMaxFileOctets + 1, '#'));
  ASSERT_EQ(file.errors.size(), 1U);
  EXPECT_EQ(file.errors.front().line, 0);

  std::string many;
  for (std::size_t i = 0; i <= kMaxRules; ++i) many += fmt::format("/{0} /x{0}\n", i);
  file = Redirects::parse(many + "/y /z\n");
  EXPECT_EQ(file.rules.size(), kMaxRules);
  ASSERT_EQ(file.errors.size(), 1U);
  EXPECT_EQ(file.errors.front().line, static_cast<int>(kMaxRules) + 1);

  std::string wrong;
  for (std::size_t i = 0; i < 2 * RuleErrors::kMaxErrors; ++i) wrong += "x\n";
  EXPECT_EQ(Redirects::parse(wrong).errors.size(), RuleErrors::kMaxErrors + 1);
}

TEST(Redirects, AnyForced) {
  const RedirectFile file = Redirects::parse(
      "/a /b 301!\n/c /d 301\n/e/* /f 302!\n/g x=:x /h 302!\nhttps://other.example/i /j 302!\n");
  struct ForcedCase {
    std::string_view path;
    bool forced;
  };
  constexpr ForcedCase kCases[] = {{"/a", true},  {"/b", false}, {"/c", false}, {"/e/x", true},
                                   {"/e", false}, {"/g", true},  {"/i", true},  {"/", false}};
  for (const ForcedCase& row : kCases) EXPECT_EQ(file.rules.any_forced(row.path), row.forced) << row.path;
}

// No clock: counts how many rules a look-up asks.
TEST(Redirects, AnIndexSparesMostRules) {
  PatternIndex index;
  std::size_t rules = 0;
  for (int i = 0; i < 1000; ++i) {
    for (const std::string& text : {fmt::format("/old/page-{}", i), fmt::format("/blog/{}/*", i)}) {
      const Parsed<Pattern> pattern = Pattern::parse(text, Pattern::PlainHttp::kRefused);
      ASSERT_TRUE(pattern.value);
      index.add(*pattern.value, rules++);
    }
  }
  struct IndexCase {
    std::string_view path;
    std::size_t asked;
  };
  constexpr IndexCase kCases[] = {{"/", 0},           {"/index.html", 0},   {"/old/page-7", 1},
                                  {"/old/page-x", 0}, {"/blog/7/a/b/c", 1}, {"/blog/x/a", 0}};
  for (const IndexCase& row : kCases) {
    std::size_t asked_rules = 0;
    index.visit(row.path, [&](std::size_t) { ++asked_rules; });
    EXPECT_EQ(asked_rules, row.asked) << row.path;
  }
}

}  // namespace
}  // namespace pollux::site
