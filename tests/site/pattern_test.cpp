#include "site/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux::site {
namespace {

// "name=value name=value", or "no match".
std::string matched(const Pattern& pattern, std::string_view host, std::string_view path, bool secure) {
  Captures captures;
  if (!pattern.match({.host = host, .path = path, .query = {}, .secure = secure}, captures))
    return "no match";
  std::string text;
  for (const std::string& name : pattern.names())
    text += (text.empty() ? "" : " ") + name + "=" + std::string(find_capture(captures, name).value_or("?"));
  return text;
}

TEST(Pattern, Matches) {
  struct Case {
    std::string_view pattern, host, path, captures;
  };
  constexpr Case kCases[] = {
      {"/", "h", "/", ""},
      {"/", "h", "/a", "no match"},
      {"/test", "h", "/test", ""},
      {"/test", "h", "/test/", "no match"},
      {"/test", "h", "/Test", "no match"},
      {"//a//b", "h", "/a/b", ""},
      {"/some%20page", "h", "/some page", ""},
      {"/caf%C3%A9", "h", "/caf\xC3\xA9", ""},
      {"/caf\xC3\xA9", "h", "/caf\xC3\xA9", ""},
      {"/%2A/%3Aa", "h", "/*/:a", ""},
      {"/$~.%20/!+-/[bo|%7Bo%7D]...()", "h", "/$~. /!+-/[bo|{o}]...()", ""},
      {"/foo/*", "h", "/foo/a/b", "splat=a/b"},
      {"/foo/*", "h", "/foo/", "splat="},
      {"/foo/*", "h", "/foo", "no match"},
      {"/foo*", "h", "/foo", "splat="},
      {"/*", "h", "/", "splat="},
      {"/*.jpg", "h", "/a/b.jpg", "splat=a/b"},
      {"/*.jpg", "h", "/a/b.png", "no match"},
      {"/a*a", "h", "/a", "no match"},
      {"/a/*/z", "h", "/a/b/c/z", "splat=b/c"},
      {"/a/*/z", "h", "/a/z", "no match"},
      {"/*/b/:c", "h", "/x/b/b/y", "splat=x/b c=y"},
      {"/:a/x*y/:b", "h", "/1/x2/3y/4", "a=1 splat=2/3 b=4"},
      {"/blog/:code/:name", "h", "/blog/123/tricycle", "code=123 name=tricycle"},
      {"/blog/:code", "h", "/blog/", "no match"},
      {"/blog/:code", "h", "/blog/a/b", "no match"},
      {"/blog/:slug.html", "h", "/blog/a.b.html", "slug=a.b"},
      {"/blog/:slug.html", "h", "/blog/.html", "no match"},
      {"/:a-:b", "h", "/x-y-z", "a=x-y b=z"},
      {"/:a-:b", "h", "/x-", "no match"},
      {"/:a-:b", "h", "/-x", "no match"},
      {"/:a:b", "h", "/xyz", "a=xy b=z"},
      {"/:a-b-:c-d", "h", "/a-b-b-b-c-d-d", "a=a-b-b c=c-d"},
      {"/p/:id/:id_2", "h", "/p/1/2", "id=1 id_2=2"},
      {"/:80", "h", "/:80", ""},
      {"/:", "h", "/:", ""},
      {"https://custom.domain/test", "custom.domain", "/test", ""},
      {"https://Custom.Domain/test", "custom.domain", "/test", ""},
      {"https://custom.domain/test", "other.domain", "/test", "no match"},
      {"https://custom.domain", "custom.domain", "/", ""},
      {"https://:sub.pages.:tld/*", "my.pages.dev", "/magic", "splat=magic sub=my tld=dev"},
      {"https://:sub.pages.:tld/*", "next.my.pages.dev", "/magic", "no match"},
      {"https://next.:sub.pages.:tld/*", "next.my.pages.dev", "/magic", "splat=magic sub=my tld=dev"},
      {"https://*.pages.dev/x", "a.b.pages.dev", "/x", "splat=a.b"},
      {"https://:Sub.Dev/", "a.dev", "/", "Sub=a"},
  };
  for (const Case& row : kCases) {
    const Parsed<Pattern> pattern = Pattern::parse(row.pattern, Pattern::PlainHttp::kRefused);
    ASSERT_TRUE(pattern.value) << row.pattern << ": " << pattern.error;
    EXPECT_EQ(matched(*pattern.value, row.host, row.path, true), row.captures)
        << row.pattern << " " << row.path;
  }
}

TEST(Pattern, PlainHttpIsWhatCameWithoutTls) {
  const Parsed<Pattern> plain = Pattern::parse("http://a.example/*", Pattern::PlainHttp::kAllowed);
  ASSERT_TRUE(plain.value) << plain.error;
  EXPECT_EQ(matched(*plain.value, "a.example", "/x", false), "splat=x");
  EXPECT_EQ(matched(*plain.value, "a.example", "/x", true), "no match");
  const Parsed<Pattern> either = Pattern::parse("https://a.example/*", Pattern::PlainHttp::kAllowed);
  ASSERT_TRUE(either.value) << either.error;
  EXPECT_EQ(matched(*either.value, "a.example", "/x", false), "splat=x");
  EXPECT_EQ(matched(*either.value, "a.example", "/x", true), "splat=x");
}

TEST(Pattern, Refused) {
  struct Case {
    std::string_view pattern, error;
  };
  constexpr Case kCases[] = {
      {"", "\"\" begins neither with / nor with https://"},
      {"a", "\"a\" begins neither with / nor with https://"},
      {"ftp://a/", "\"ftp://a/\" begins neither with / nor with https://"},
      {"http://a/", "\"http://a/\" must begin with https://, which stands for http:// as well"},
      {"https:///a", "\"\" is not a host name"},
      {"https://a b/", "\"a b\" is not a host name"},
      {"https://u@a/", "\"u@a\" is not a host name"},
      {"https://a:80/", "\"a:80\" has a port, which is not supported"},
      {"/*/*", "\"/*/*\": there is more than one *"},
      {"https://*.a/*", "the name :splat stands for two things"},
      {"https://:a.b/:a", "the name :a stands for two things"},
      {"/:a/:a", "\"/:a/:a\": the name :a stands for two things"},
      {"/:splat/*", "\"/:splat/*\": the name :splat stands for two things"},
      {"/:a-*", "\"/:a-*\": * and a placeholder stand in one part; put a / between them"},
      {"/*-:a", "\"/*-:a\": * and a placeholder stand in one part; put a / between them"},
      {"/a%2", "\"/a%2\": there is a % without two hexadecimal digits after it"},
      {"/a%zz", "\"/a%zz\": there is a % without two hexadecimal digits after it"},
      {"/a%2Fb", "\"/a%2Fb\": there is a %2F or %00, which no file name has"},
      {"/a%00", "\"/a%00\": there is a %2F or %00, which no file name has"},
      {"/a/../b", "\"/a/../b\": there is a part \".\" or \"..\", which no request has"},
      {"/a/%2e", "\"/a/%2e\": there is a part \".\" or \"..\", which no request has"},
      {"/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p/:q",
       "\"/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p/:q\": there are more than 16 placeholders"},
  };
  for (const Case& row : kCases) {
    const Parsed<Pattern> pattern = Pattern::parse(row.pattern, Pattern::PlainHttp::kRefused);
    EXPECT_FALSE(pattern.value) << row.pattern;
    EXPECT_EQ(pattern.error, row.error) << row.pattern;
  }
}

TEST(Pattern, AnExampleMatches) {
  for (const char* pattern : {"/", "/a", "/a/", "/a/*", "/*", "/:a", "/:a-:b/c/*/d/:e.html", "/a%2A*b/",
                              "https://*/a", "https://:a.*.b.test/:c/", "https://a.test/b"}) {
    const Parsed<Pattern> parsed = Pattern::parse(pattern, Pattern::PlainHttp::kRefused);
    ASSERT_TRUE(parsed.value) << parsed.error;
    const std::string host = parsed.value->host() ? parsed.value->host()->example() : "";
    const std::string path = parsed.value->path().example();
    Captures captures;
    EXPECT_TRUE(parsed.value->match({.host = host, .path = path}, captures))
        << pattern << " " << host << path;
  }
}

}  // namespace
}  // namespace pollux::site
