#include "http/cookies.h"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

TEST(Cookies, Find) {
  struct Case {
    std::string_view field;
    std::optional<std::string_view> value;  // Of the cookie "a".
  };
  const Case cases[] = {
      {"", std::nullopt},
      {"a=1", "1"},
      {"b=2; a=1", "1"},
      {"b=2;a=1", "1"},
      {"b=2 ;\t a = 1 ", "1"},
      {"a=1; a=2", "1"},
      {"a=", ""},
      {"a=\"1\"", "1"},
      {"a=\"", "\""},
      {"a=\"\"", ""},
      {"a=1=2", "1=2"},
      {"aa=1; ba=2", std::nullopt},
      {"A=1", std::nullopt},
      {"a", std::nullopt},
      {"a; a=1", "1"},
      {";;; a=1", "1"},
      {"=x; a=1", "1"},
      {"b=\"; a=1\"", "1\""},  // Quotes do not hold a semicolon (RFC 6265 5.4 knows none).
      {"b=\xFF\x01; a=1", "1"},
      {"b=a=1", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(find_cookie(c.field, "a"), c.value) << c.field;
}

TEST(Cookies, Set) {
  using std::chrono::seconds;
  EXPECT_EQ(set_cookie({.name = "session", .value = "x"}), "session=x; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(set_cookie({.name = "__Host-session", .value = "x", .max_age = seconds(60), .secure = true}),
            "__Host-session=x; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
  EXPECT_EQ(set_cookie({.name = "session", .value = "", .max_age = seconds(0)}),
            "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

}  // namespace
}  // namespace pollux::http
