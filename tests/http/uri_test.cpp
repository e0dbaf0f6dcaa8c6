#include "http/uri.h"

#include <gtest/gtest.h>

#include <string_view>

namespace pollux::http {
namespace {

using namespace std::string_view_literals;
using Form = Target::Form;

TEST(Uri, ParseTarget) {
  struct Case {
    std::string_view text;
    Form form;
    std::string_view authority, path, query;
    bool has_query;
  };
  constexpr Case kCases[] = {
      {"/", Form::kOrigin, "", "/", "", false},
      {"/a/b.html", Form::kOrigin, "", "/a/b.html", "", false},
      {"/?", Form::kOrigin, "", "/", "", true},
      {"/a?b=c&d", Form::kOrigin, "", "/a", "b=c&d", true},
      {"/a?b?c/d", Form::kOrigin, "", "/a", "b?c/d", true},
      {"//a", Form::kOrigin, "", "//a", "", false},
      {"//evil.example/x", Form::kOrigin, "", "//evil.example/x", "", false},
      {"/http://x/", Form::kOrigin, "", "/http://x/", "", false},
      {"/%20%zz%", Form::kOrigin, "", "/%20%zz%", "", false},  // normalise_path() judges.
      {"/a?%zz", Form::kOrigin, "", "/a", "%zz", true},
      {"/a;p=1,2:3@4!$&'()*+=~-._", Form::kOrigin, "", "/a;p=1,2:3@4!$&'()*+=~-._", "", false},
      {"/a?b[]=1|2", Form::kOrigin, "", "/a", "b[]=1|2", true},
      {"/a\\b^{c}`", Form::kOrigin, "", "/a\\b^{c}`", "", false},
      {"/*", Form::kOrigin, "", "/*", "", false},
      {"*", Form::kAsterisk, "", "", "", false},
      {"http://a", Form::kAbsolute, "a", "/", "", false},
      {"http://a/", Form::kAbsolute, "a", "/", "", false},
      {"http://a/b?c", Form::kAbsolute, "a", "/b", "c", true},
      {"http://a?c/d", Form::kAbsolute, "a", "/", "c/d", true},
      {"http://a?", Form::kAbsolute, "a", "/", "", true},
      {"HTTP://A.Example:80/", Form::kAbsolute, "A.Example:80", "/", "", false},
      {"hTtPs://a:443//x", Form::kAbsolute, "a:443", "//x", "", false},
      {"https://[::1]:8443/x", Form::kAbsolute, "[::1]:8443", "/x", "", false},
      {"http://a:/", Form::kAbsolute, "a:", "/", "", false},
      {"http://a/@b", Form::kAbsolute, "a", "/@b", "", false},
      {"http://a%20b/", Form::kAbsolute, "a%20b", "/", "", false},
      {"a:80", Form::kAuthority, "a:80", "", "", false},
      {"a.example:65535", Form::kAuthority, "a.example:65535", "", "", false},
      {"[::1]:443", Form::kAuthority, "[::1]:443", "", "", false},
      {"127.0.0.1:1", Form::kAuthority, "127.0.0.1:1", "", "", false},
      {"http:80", Form::kAuthority, "http:80", "", "", false},
  };
  for (const Case& row : kCases) {
    const auto target = parse_target(row.text);
    ASSERT_TRUE(target) << row.text;
    EXPECT_EQ(target->form, row.form) << row.text;
    EXPECT_EQ(target->authority, row.authority) << row.text;
    EXPECT_EQ(target->path, row.path) << row.text;
    EXPECT_EQ(target->query, row.query) << row.text;
    EXPECT_EQ(target->has_query, row.has_query) << row.text;
  }
}

TEST(Uri, RefusedTargets) {
  constexpr std::string_view kCases[] = {
      "",
      "a",
      "a/b",
      "index.html",
      "?",
      "?a",
      "**",
      "*/",
      "*?a",
      " /",
      "/ ",
      "/a b",
      "/a\tb",
      "/a\rb",
      "/a\nb",
      "/a\0b"sv,
      "/a\x1F",
      "/a\x7F",
      "/a#b",
      "/#",
      "/a?b#c",
      "/\xC3\xA9",
      "/a?\xC3\xA9",
      "/\x80",
      "/\xFF",
      "/a\"b",
      "/a<b",
      "/a>b",
      "/a?<script>",
      "/a?\"",
      "/a?b c",
      "/a?b\r\nX: y",
      "http://",
      "http:///",
      "http:///a",
      "http://?a",
      "http://:80/",
      "http:/a",
      "http:a",
      "http//a",
      "http://a:65536/",
      "http://a:x/",
      "http://a:-1/",
      "http://a:80:80/",
      "http://user@a/",
      "http://user:password@a/",
      "http://@a/",
      "http://a@/",
      "http://a b/",
      "http://a/#b",
      "http://a#b",
      "http://a\\b/",
      "http://[::1/",
      "http://[::1]x/",
      "http://[]/",
      "http://::1/",
      "http://\xC3\xA9/",
      "http://a%2/",
      "ftp://a/",
      "file:///etc/passwd",
      "ws://a/",
      "javascript:alert(1)",
      "httpx://a/",
      "a:",
      "a:0",
      "a:000",
      "a:65536",
      "a:99999999999999999999",
      "a:80/",
      "a:80?",
      "a:b",
      ":80",
      ":",
      "u@a:80",
      "[::1]",
      "[::1]:",
      "[::1:80",
  };
  for (const std::string_view text : kCases) EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Uri, ValidHost) {
  struct Case {
    std::string_view text;
    bool valid;
  };
  constexpr Case kCases[] = {
      {"", true},
      {"a", true},
      {"localhost", true},
      {"www.example.org", true},
      {"WWW.Example.ORG.", true},
      {"xn--bcher-kva.example", true},
      {"a_b-c~d", true},
      {"!$&'()*+,;=", true},
      {"a%20b", true},
      {"127.0.0.1", true},
      {"999.1.1.1", true},  // A reg-name, by the grammar.
      {"a:80", true},
      {"a:", true},
      {"a:0", true},
      {"a:65535", true},
      {"a:00080", true},
      {"a:000000000000000000000080", true},
      {"[::]", true},
      {"[::1]", true},
      {"[::1]:80", true},
      {"[::1]:", true},
      {"[2001:db8::1]", true},
      {"[2001:DB8:0:0:0:0:0:1]", true},
      {"[1:2:3:4:5:6:7::]", true},
      {"[::2:3:4:5:6:7:8]", true},
      {"[::ffff:192.0.2.1]", true},
      {"[1:2:3:4:5:6:192.0.2.1]", true},
      {"[v1.a:b]", true},
      {"[vFf.1]", true},
      {":80", false},
      {":", false},
      {"a:65536", false},
      {"a:4294967376", false},  // 80 in 32 bits.
      {"a:18446744073709551696", false},
      {"a:8o", false},
      {"a:+80", false},
      {"a:-80", false},
      {"a: 80", false},
      {"a:80 ", false},
      {"a:80:80", false},
      {"a::80", false},
      {"a b", false},
      {" a", false},
      {"a ", false},
      {"a/b", false},
      {"a\\b", false},
      {"a?b", false},
      {"a#b", false},
      {"u@a", false},
      {"u:p@a", false},
      {"http://a", false},
      {"a\"b", false},
      {"<a>", false},
      {"a|b", false},
      {"a^b", false},
      {"{a}", false},
      {"a\r\nb", false},
      {"a\0b"sv, false},
      {"a\x7F", false},
      {"\xC3\xA9.example", false},
      {"a%", false},
      {"a%2", false},
      {"a%zz", false},
      {"a%2x", false},
      {"a, b", false},
      {"::1", false},
      {"[", false},
      {"]", false},
      {"[]", false},
      {"[:]", false},
      {"[:::]", false},
      {"[::1", false},
      {"::1]", false},
      {"[::1]]", false},
      {"[[::1]]", false},
      {"[::1]80", false},
      {"[::1]a:80", false},
      {"a[::1]", false},
      {"[::1%25eth0]", false},
      {"[::1%eth0]", false},
      {"[::g]", false},
      {"[12345::]", false},
      {"[1:2:3:4:5:6:7]", false},
      {"[1:2:3:4:5:6:7:8:9]", false},
      {"[1:2:3:4::5:6:7:8]", false},
      {"[1::2::3]", false},
      {"[::192.0.2]", false},
      {"[::192.0.2.256]", false},
      {"[::192.0.02.1]", false},
      {"[127.0.0.1]", false},
      {"[a]", false},
      {"[::1 ]", false},
      {"[::1\0]"sv, false},
      {"[v.a]", false},
      {"[v1.]", false},
      {"[v1]", false},
      {"[vg.a]", false},
      {"[v1.a/b]", false},
      {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", false},
  };
  for (const Case& row : kCases) EXPECT_EQ(valid_host(row.text), row.valid) << row.text;
}
}  // namespace
}  // namespace pollux::http
