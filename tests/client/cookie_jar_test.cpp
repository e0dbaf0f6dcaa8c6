#include "client/cookie_jar.h"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::client {
namespace {

const WallTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 27);

Url url(std::string_view text) { return Url::parse(text).value(); }

struct Kept {
  const char* from;
  const char* field;
  const char* to;
  const char* expected;
};

TEST(CookieJar, WhatIsKeptAndWhereItGoes) {
  const Kept cases[] = {
      {"http://a.example/", "a=b", "http://a.example/", "a=b"},
      {"http://a.example/", "a=b", "http://a.example:81/", "a=b"},  // Ports do not count (RFC 6265 8.5).
      {"http://a.example/", "  a = b c ;Secure=", "https://a.example/", ""},
      {"http://a.example/", "a=", "http://a.example/", "a="},
      {"http://a.example/", "a=b=c", "http://a.example/", "a=b=c"},
      {"http://a.example/", "=b", "http://a.example/", ""},
      {"http://a.example/", "a", "http://a.example/", ""},
      {"http://a.example/", "", "http://a.example/", ""},
      {"http://a.example/", "a=b\x01", "http://a.example/", ""},
      // Hosts.
      {"http://a.example/", "a=b", "http://b.example/", ""},
      {"http://a.example/", "a=b", "http://x.a.example/", ""},
      {"http://x.a.example/", "a=b; Domain=a.example", "http://x.a.example/", "a=b"},
      {"http://x.a.example/", "a=b; Domain=.a.example", "http://a.example/", ""},
      {"http://a.example/", "a=b; Domain=b.example", "http://a.example/", ""},
      {"http://a.example/", "a=b; Domain=ample", "http://a.example/", ""},
      {"http://a.example/", "a=b; Domain=x.a.example", "http://a.example/", ""},
      // Paths.
      {"http://a.example/d/e?f", "a=b", "http://a.example/d", "a=b"},
      {"http://a.example/d/e", "a=b", "http://a.example/d/x/y", "a=b"},
      {"http://a.example/d/e", "a=b", "http://a.example/dx", ""},
      {"http://a.example/d/e", "a=b; Path=/", "http://a.example/x", "a=b"},
      {"http://a.example/d/e", "a=b; path=x", "http://a.example/x", ""},
      // Plain text and TLS.
      {"https://a.example/", "a=b; Secure", "http://a.example/", ""},
      {"https://a.example/", "a=b; secure", "https://a.example/", "a=b"},
      {"http://a.example/", "a=b; Secure", "https://a.example/", ""},
      {"https://a.example/", "__Secure-a=b", "https://a.example/", ""},
      {"https://a.example/", "__Host-a=b; Secure; Path=/", "https://a.example/", "__Host-a=b"},
      {"https://a.example/", "__Host-a=b; Secure; Path=/; Domain=a.example", "https://a.example/", ""},
      {"https://a.example/d/e", "__Host-a=b; Secure", "https://a.example/d/e", ""},
      // Time.
      {"http://a.example/", "a=b; Max-Age=1", "http://a.example/", "a=b"},
      {"http://a.example/", "a=b; Max-Age=0", "http://a.example/", ""},
      {"http://a.example/", "a=b; Max-Age=-99999999999999999999", "http://a.example/", ""},
      {"http://a.example/", "a=b; Max-Age=99999999999999999999", "http://a.example/", "a=b"},
      {"http://a.example/", "a=b; Expires=Thu, 26 Nov 2026 00:00:00 GMT", "http://a.example/", ""},
      {"http://a.example/", "a=b; Expires=Sat, 28 Nov 2026 00:00:00 GMT", "http://a.example/", "a=b"},
      {"http://a.example/", "a=b; Expires=never", "http://a.example/", "a=b"},
      {"http://a.example/", "a=b; Max-Age=9; Expires=Thu, 26 Nov 2026 00:00:00 GMT", "http://a.example/",
       "a=b"},
  };
  for (const auto& [from, field, to, expected] : cases) {
    CookieJar jar;
    jar.store(url(from), field, kNow);
    EXPECT_EQ(jar.find(url(to), kNow), expected) << from << " " << field << " " << to;
  }
}

TEST(CookieJar, SeveralLongerPathsFirst) {
  CookieJar jar;
  for (const char* field : {"a=1; Path=/", "b=2; Path=/d", "c=3; Path=/", "a=4; Path=/"}) {
    jar.store(url("http://a.example/"), field, kNow);
  }
  EXPECT_EQ(jar.find(url("http://a.example/d"), kNow), "b=2; c=3; a=4");
}

TEST(CookieJar, TheyAreTakenBackAndRunOut) {
  CookieJar jar;
  jar.store(url("http://a.example/"), "a=b", kNow);
  jar.store(url("http://a.example/"), "c=d; Max-Age=10", kNow);
  jar.store(url("http://a.example/"), "a=; Max-Age=0", kNow);
  EXPECT_EQ(jar.find(url("http://a.example/"), kNow + std::chrono::seconds(9)), "c=d");
  EXPECT_EQ(jar.find(url("http://a.example/"), kNow + std::chrono::seconds(10)), "");
  EXPECT_EQ(jar.size(), 0U);
}

TEST(CookieJar, PlainTextDoesNotReplaceWhatIsSecure) {
  CookieJar jar;
  jar.store(url("https://a.example/"), "a=good; Secure", kNow);
  jar.store(url("http://a.example/"), "a=evil", kNow);
  EXPECT_EQ(jar.find(url("https://a.example/"), kNow), "a=good");
}

TEST(CookieJar, IsBounded) {
  CookieJar jar;
  jar.store(url("http://a.example/"), "a=" + std::string(CookieJar::kMaxOctets, 'x'), kNow);
  EXPECT_EQ(jar.size(), 0U);
  for (int i = 0; i < 60; ++i) jar.store(url("http://a.example/"), "a" + std::to_string(i) + "=b", kNow);
  EXPECT_EQ(jar.size(), CookieJar::kMaxOfHost);
  EXPECT_TRUE(jar.find(url("http://a.example/"), kNow).starts_with("a10=b"));
  for (int i = 0; i < 4000; ++i) jar.store(url("http://h" + std::to_string(i) + "/"), "a=b", kNow);
  EXPECT_EQ(jar.size(), CookieJar::kMax);
}

}  // namespace
}  // namespace pollux::client
