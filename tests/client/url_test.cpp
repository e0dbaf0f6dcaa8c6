#include "client/url.h"

#include <gtest/gtest.h>

namespace pollux::client {
namespace {

struct ParseCase {
  const char* text;
  const char* expected;  // origin, a space, target; empty: refused.
};

TEST(Url, Parse) {
  const ParseCase cases[] = {
      {"http://a", "http://a:80 /"},
      {"https://A.Example/", "https://a.example:443 /"},
      {"HTTP://a:8080/b?c=d", "http://a:8080 /b?c=d"},
      {"http://a?x", "http://a:80 /?x"},
      {"http://a/b#top", "http://a:80 /b"},
      {"http://a#top", "http://a:80 /"},
      {"http://[::1]:81/", "http://[::1]:81 /"},
      {"http://[::1]/", "http://[::1]:80 /"},
      {"http://127.0.0.1:1/a b\xC3\xA4%20", "http://127.0.0.1:1 /a%20b%C3%A4%20"},
      {"http://a:/", "http://a:80 /"},
      {"ftp://a/", ""},
      {"a/b", ""},
      {"http:///b", ""},
      {"http://", ""},
      {"http://:80/", ""},
      {"http://a:0/", ""},
      {"http://a:65536/", ""},
      {"http://a:b/", ""},
      {"http://user@a/", ""},
      {"http://u:p@a/", ""},
      {"http://[::1/", ""},
      {"http://a b/", ""},
      {"http://a/\r\nX: y", ""},
  };
  for (const auto& [text, expected] : cases) {
    const auto url = Url::parse(text);
    EXPECT_EQ(url ? url->origin() + " " + url->target : "", expected) << text;
  }
}

struct ResolveCase {
  const char* reference;
  const char* expected;
};

TEST(Url, ResolvesAsRfc3986Says) {
  const Url base = Url::parse("http://a/b/c/d?q").value();
  const ResolveCase cases[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d?q"},
      {"", "http://a/b/c/d?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"https://x:8443/", "https://x:8443/"},
      {"mailto:a", ""},
      {"http://u@h/", ""},
      {"/a\nb", ""},
      {"/\xC3\xA4", "http://a/%C3%A4"},
  };
  for (const auto& [reference, expected] : cases) {
    const auto url = base.resolve(reference);
    EXPECT_EQ(url ? url->to_string() : "", expected) << reference;
  }
}

}  // namespace
}  // namespace pollux::client
