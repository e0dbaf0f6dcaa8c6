#include "site/header_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace pollux::site {
namespace {

constexpr std::string_view kCloudflareHeaders =
    "https://developers.cloudflare.com/pages/configuration/headers/";
constexpr std::string_view kNetlifyHeaders = "https://docs.netlify.com/manage/routing/headers/";
constexpr std::string_view kNetlifyAuth =
    "https://docs.netlify.com/visitor-access/basic-authentication-with-custom-http-headers";

// "Name: value" lines; "! Name" is detached; "user:password" may come in, "nobody else" ends these.
std::string effect_of(const HeaderRules& rules, std::string_view host, std::string_view path) {
  const HeaderEffect effect = rules.for_request({.host = host, .path = path, .query = {}, .secure = true});
  std::string text;
  for (const FieldChange& change : effect.fields) {
    if (change.values.empty()) text += fmt::format("! {}\n", change.name);
    for (const std::string& value : change.values) text += fmt::format("{}: {}\n", change.name, value);
  }
  for (const Credentials& user : effect.allowed) text += fmt::format("{}:{}\n", user.user, user.password);
  return text + (effect.guarded ? "nobody else\n" : "");
}

struct HeaderCase {
  std::string_view source;  // Of the example.
  std::string_view rules, host, path, effect;
};

void check_headers(const HeaderCase& row) {
  const HeaderFile file = HeaderRules::parse(row.rules);
  for (const RuleError& error : file.errors)
    ADD_FAILURE() << row.rules << ":" << error.line << ": " << error.message;
  EXPECT_EQ(effect_of(file.rules, row.host, row.path), row.effect) << row.rules << "\n"
                                                                   << row.path << "\n"
                                                                   << row.source;
}

TEST(HeaderRules, ExamplesOfCloudflare) {
  constexpr std::string_view kAll =
      "# This is a comment\n/secure/page\n  X-Frame-Options: DENY\n  X-Content-Type-Options: nosniff\n"
      "  Referrer-Policy: no-referrer\n\n/static/*\n  Access-Control-Allow-Origin: *\n  X-Robots-Tag: "
      "nosnippet\n\n"
      "https://myproject.pages.dev/*\n  X-Robots-Tag: noindex\n";
  constexpr std::string_view kSecure =
      "X-Frame-Options: DENY\nX-Content-Type-Options: nosniff\nReferrer-Policy: no-referrer\n";
  constexpr std::string_view kSecureAndNoIndex =
      "X-Frame-Options: DENY\nX-Content-Type-Options: nosniff\nReferrer-Policy: no-referrer\nX-Robots-Tag: "
      "noindex\n";
  constexpr std::string_view kDetach =
      "/*\n  Content-Security-Policy: default-src 'self';\n\n/*.jpg\n  ! Content-Security-Policy\n";
  constexpr HeaderCase kCases[] = {
      {kCloudflareHeaders, kAll, "custom.domain", "/secure/page", kSecure},
      {kCloudflareHeaders, kAll, "custom.domain", "/static/image.jpg",
       "Access-Control-Allow-Origin: *\nX-Robots-Tag: nosnippet\n"},
      {kCloudflareHeaders, kAll, "myproject.pages.dev", "/home", "X-Robots-Tag: noindex\n"},
      {kCloudflareHeaders, kAll, "myproject.pages.dev", "/secure/page", kSecureAndNoIndex},
      {kCloudflareHeaders, kAll, "myproject.pages.dev", "/static/styles.css",
       "Access-Control-Allow-Origin: *\nX-Robots-Tag: nosnippet, noindex\n"},
      {kCloudflareHeaders, kDetach, "h", "/a.html", "Content-Security-Policy: default-src 'self';\n"},
      {kCloudflareHeaders, kDetach, "h", "/a/b.jpg", "! Content-Security-Policy\n"},
      {kCloudflareHeaders, "/movies/:title\n  x-movie-name: You are watching \":title\"\n", "h", "/movies/up",
       "x-movie-name: You are watching \"up\"\n"},
      {kCloudflareHeaders,
       "https://:project.pages.dev/*\n  Access-Control-Allow-Origin: https://staging.:project.pages.dev/\n",
       "mine.pages.dev", "/x", "Access-Control-Allow-Origin: https://staging.mine.pages.dev/\n"},
      {kCloudflareHeaders, "https://:project.pages.dev/*\n  X-Robots-Tag: noindex\n", "pages.dev", "/", ""},
      {kCloudflareHeaders, "/app/*\n  Content-Security-Policy: script-src 'self'; frame-ancestors 'none';\n",
       "h", "/app/", "Content-Security-Policy: script-src 'self'; frame-ancestors 'none';\n"},
      {kCloudflareHeaders, "/about/faq/*\n  Link: </about/faqs>; rel=\"canonical\"\n", "h", "/about/faq/1",
       "Link: </about/faqs>; rel=\"canonical\"\n"},
  };
  for (const HeaderCase& row : kCases) check_headers(row);
}

TEST(HeaderRules, ExamplesOfNetlify) {
  constexpr std::string_view kTwo =
      "# a path:\n/templates/index.html\n  # headers for that path:\n  X-Frame-Options: DENY\n"
      "# another path:\n/templates/index2.html\n  X-Frame-Options: SAMEORIGIN\n";
  constexpr std::string_view kMany =
      "/*\n  cache-control: max-age=0\n  cache-control: no-cache\n  cache-control: no-store\n"
      "  cache-control: must-revalidate\n";
  constexpr std::string_view kAuth =
      "/protected/*\n  Basic-Auth: USERNAME:USER_PASSWORD SECOND_USERNAME:SECOND_USER_PASSWORD\n";
  constexpr HeaderCase kCases[] = {
      {kNetlifyHeaders, kTwo, "h", "/templates/index.html", "X-Frame-Options: DENY\n"},
      {kNetlifyHeaders, kTwo, "h", "/templates/index2.html", "X-Frame-Options: SAMEORIGIN\n"},
      {kNetlifyHeaders, kMany, "h", "/a", "cache-control: max-age=0, no-cache, no-store, must-revalidate\n"},
      {kNetlifyHeaders, "/templates/:placeholder/tmpl2.html\nX-Frame-Options: DENY", "h",
       "/templates/a/tmpl2.html", "X-Frame-Options: DENY\n"},
      {kNetlifyAuth, kAuth, "h", "/protected/a",
       "USERNAME:USER_PASSWORD\nSECOND_USERNAME:SECOND_USER_PASSWORD\nnobody else\n"},
      {kNetlifyAuth, kAuth, "h", "/open", ""},
  };
  for (const HeaderCase& row : kCases) check_headers(row);
}

TEST(HeaderRules, Semantics) {
  constexpr HeaderCase kCases[] = {
      {"", "/*\n A: 1\n/x\n a: 2\n/y\n A: 3\n", "h", "/x", "A: 1, 2\n"},
      {"", "/x\n A: 1\n/*\n A: 2\n", "h", "/x", "A: 1, 2\n"},
      {"", "/*\n A: 1\n/x\n ! A\n A: 2\n", "h", "/x", "A: 2\n"},
      {"", "/*\n A: 1\n/x\n A: 2\n ! A\n", "h", "/x", "A: 2\n"},  // A rule detaches first.
      {"", "/x\n ! A\n/*\n A: 1\n", "h", "/x", "A: 1\n"},
      {"", "/*\n Set-Cookie: a=1\n Set-Cookie: b=2\n/x\n Set-Cookie: c=3", "h", "/x",
       "Set-Cookie: a=1\nSet-Cookie: b=2\nSet-Cookie: c=3\n"},
      {"", "/*\n Basic-Auth: a:1\n/x\n Basic-Auth: b:2:3", "h", "/x", "a:1\nb:2:3\nnobody else\n"},
      {"", "/*\n Basic-Auth: a:1\n/x\n ! Basic-Auth", "h", "/x", ""},
      {"", "/*\n Basic-Auth: a:\n", "h", "/", "a:\nnobody else\n"},
      {"", "/:a/*\n X: :a|:splat|:b\n", "h", "/1;\"/2\r\n,3>", "X: 1%3B%22|2%0D%0A%2C3%3E|:b\n"},
      {"", "/*\n Link: <https://cdn.example>; rel=preconnect\n", "h", "/",
       "Link: <https://cdn.example>; rel=preconnect\n"},
      {"", "/*\n X : 1\t\r\n", "h", "/", "X: 1\n"},
  };
  for (const HeaderCase& row : kCases) check_headers(row);
}

TEST(HeaderRules, ErrorsNameTheirLine) {
  struct ErrorCase {
    std::string_view line, error;
  };
  constexpr ErrorCase kCases[] = {
      {"X", "\"X\" is not of the form name: value"},
      {"X:", "the field X has no value"},
      {": x", "\"\" is not the name of a field"},
      {"X Y: z", "\"X Y\" is not the name of a field"},
      {"X\xC3\xA9: z", "\"X\xC3\xA9\" is not the name of a field"},
      {"!", "\"\" is not the name of a field"},
      {"! X Y", "\"X Y\" is not the name of a field"},
      {"! date", "the field date is the server's own"},
      {"content-length: 1", "the field content-length is the server's own"},
      {"Transfer-Encoding: chunked", "the field Transfer-Encoding is the server's own"},
      {"Connection: close", "the field Connection is the server's own"},
      {"Date: now", "the field Date is the server's own"},
      {"Location: /x", "the field Location is the server's own"},
      {"etag: \"v1\"", "the field etag is the file's own; ! etag takes it away"},
      {"Last-Modified: now", "the field Last-Modified is the file's own; ! Last-Modified takes it away"},
      {"X: a\x01", "there is a control character in the line"},
      {"X: a\rY: b", "there is a control character in the line"},
      {"http://a/*", "\"http://a/*\" must begin with https://, which stands for http:// as well"},
      {"https://a:80/*", "\"a:80\" has a port, which is not supported"},
      {"/*/*", "\"/*/*\": there is more than one *"},
      {"/empty", "there are no fields below this line"},
  };
  for (const ErrorCase& row : kCases) {
    const HeaderFile file = HeaderRules::parse(fmt::format("/*\n A: 1\n\n{}\n/last\n B: 2\n", row.line));
    ASSERT_EQ(file.errors.size(), 1U) << row.line;
    EXPECT_EQ(file.errors.front().line, 4) << row.line;
    EXPECT_EQ(file.errors.front().message, row.error) << row.line;
    EXPECT_EQ(effect_of(file.rules, "h", "/last"), "A: 1\nB: 2\n") << row.line;
  }
  const HeaderFile headless = HeaderRules::parse("A: 1\n");
  ASSERT_EQ(headless.errors.size(), 1U);
  EXPECT_EQ(headless.errors.front().message, "there is no path above this line");
}

// Fields of a pattern that cannot be read belong to no other pattern.
TEST(HeaderRules, ABadPatternTakesItsFieldsWithIt) {
  for (const std::string& bad :
       {std::string("/*/*"), "/" + std::string(kMaxLineOctets, 'x'), std::string("/a\x01")}) {
    const HeaderFile file = HeaderRules::parse("/a\n A: 1\n" + bad + "\n B: 2\n C: 3\n");
    EXPECT_EQ(file.errors.size(), 1U) << bad;
    EXPECT_EQ(effect_of(file.rules, "h", "/a"), "A: 1\n") << bad;
  }
}

TEST(HeaderRules, WhatAClientSendsIsMultipliedWithinBounds) {
  std::string most;
  for (std::size_t i = 0; i < Template::kMaxPlaces; ++i) most += ":splat";
  const HeaderFile file = HeaderRules::parse("/*\n A: " + most + "\n B: " + most + ":splat\n");
  ASSERT_EQ(file.errors.size(), 1U);
  EXPECT_EQ(file.errors.front().line, 3);
  EXPECT_EQ(effect_of(file.rules, "h", "/x"), "A: " + std::string(Template::kMaxPlaces, 'x') + "\n");
}

TEST(HeaderRules, ABadBasicAuthLetsNobodyIn) {
  for (const std::string& bad : {std::string("ada"), std::string(":x"), std::string(), std::string("a:b\x01"),
                                 "a:" + std::string(kMaxLineOctets, 'x')}) {
    const HeaderFile file = HeaderRules::parse("/*\n Basic-Auth: " + bad + "\n");
    ASSERT_EQ(file.errors.size(), 1U) << bad;
    EXPECT_EQ(effect_of(file.rules, "h", "/a"), "nobody else\n") << bad;
  }
  const HeaderFile file = HeaderRules::parse("/*\n basic-auth: ada secret bob:x\n");
  EXPECT_EQ(effect_of(file.rules, "h", "/a"), "bob:x\nnobody else\n");
  for (const RuleError& error : file.errors) EXPECT_EQ(error.message.find("secret"), std::string::npos);
}

TEST(HeaderRules, Apply) {
  const HeaderFile file = HeaderRules::parse(
      "/*\n cache-control: no-store\n ! Content-Disposition\n ! Vary\n X: 1\n/v\n Vary: Cookie\n");
  http::FieldLines lines;
  lines.append(
      "Cache-Control: public\r\nVary: Accept-Encoding\r\nContent-Disposition: inline\r\nETag: \"a\"\r\n");
  file.rules.for_request({.host = "h", .path = "/v", .query = {}, .secure = false}).apply(lines);
  EXPECT_EQ(lines.text(),
            "Vary: Accept-Encoding\r\nETag: \"a\"\r\nVary: Cookie\r\ncache-control: no-store\r\nX: 1\r\n");
}

TEST(HeaderRules, ValidatorsCanBeTakenAway) {
  const HeaderFile file = HeaderRules::parse("/*\n ! ETag\n ! Last-Modified\n");
  EXPECT_TRUE(file.errors.empty());
  http::FieldLines lines;
  lines.append("ETag: \"a\"\r\nLast-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nVary: Cookie\r\n");
  file.rules.for_request({.path = "/a"}).apply(lines);
  EXPECT_EQ(lines.text(), "Vary: Cookie\r\n");
}

TEST(HeaderRules, Guards) {
  const HeaderFile file =
      HeaderRules::parse("/a\n X: 1\n/b\n Basic-Auth: a:b\nhttps://h/c/*\n Basic-Auth: a:b\n");
  std::string text;
  for (const auto& [line, pattern] : file.rules.guards())
    text += fmt::format("{}:{}{} ", line, pattern.host() ? pattern.host()->prefix() : "",
                        pattern.path().prefix());
  EXPECT_EQ(text, "3:/b 5:h/c/ ");
}

TEST(HeaderRules, DependsOnHost) {
  const HeaderFile file = HeaderRules::parse("/*\n A: 1\nhttps://a.example/b/*\n B: 2\n");
  EXPECT_FALSE(file.rules.depends_on_host("/a"));
  EXPECT_TRUE(file.rules.depends_on_host("/b/c"));
}

TEST(HeaderRules, AnotherPageHasNothingOfTheContent) {
  const HeaderFile file = HeaderRules::parse(
      "/a/*\n Cache-Control: immutable\n Content-Type: text/css\n X-Frame-Options: DENY\n Vary: Cookie\n");
  http::FieldLines lines;
  lines.append("Content-Type: text/html\r\n");
  file.rules.for_request({.path = "/a/b"}).apply_to_another_page(lines);
  EXPECT_EQ(lines.text(), "Content-Type: text/html\r\nX-Frame-Options: DENY\r\nVary: Cookie\r\n");
}

std::string many_rules(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("/{}\n A: 1\n", i);
  return text;
}

TEST(HeaderRules, AMistakeAboveAGuardIsSaid) {
  struct GuardCase {
    std::string text;
    bool lost;
  };
  const GuardCase kCases[] = {
      {"/a\n Basic-Auth: a:b\n", false},
      {"/a/*/*\n Basic-Auth: a:b\n", true},
      {"/a/*/*\n X: 1\n basic-auth : a:b\n", true},
      {"/a/*/*\n X: 1\n/b\n Basic-Auth: a:b\n", false},
      {"a/*\n Basic-Auth: a:b\n", true},
      {"/b\n X: 1\na/*\n Basic-Auth: a:b\n", true},
      {"/b\nc\n/a\n Basic-Auth: a:b\n", false},
      {many_rules(kMaxRules) + "/a\n X: 1\n/b\n Basic-Auth: a:b\n", true},
      {many_rules(kMaxRules) + "/a\n X: 1\n", false},
      {std::string(kMaxFileOctets + 1, '#'), true},
  };
  for (const GuardCase& row : kCases)
    EXPECT_EQ(HeaderRules::parse(row.text).lost_guard, row.lost) << row.text;
}

}  // namespace
}  // namespace pollux::site
