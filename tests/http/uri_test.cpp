#include "http/uri.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "http/chars.h"

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

TEST(Uri, NormalisePath) {
  constexpr auto kOk = PathError::kOk;
  constexpr auto kBad = PathError::kBadEncoding;
  constexpr auto kNul = PathError::kNul;
  constexpr auto kOut = PathError::kEscapesRoot;
  constexpr auto kSlash = PathError::kEncodedSlash;
  struct Case {
    std::string_view raw;
    PathError error;
    std::string_view path;
  };
  constexpr Case kCases[] = {
      // Nothing to do.
      {"/", kOk, "/"},
      {"/a", kOk, "/a"},
      {"/a/", kOk, "/a/"},
      {"/a/b.c", kOk, "/a/b.c"},
      {"/a..b/c.", kOk, "/a..b/c."},
      {"/a;b=1", kOk, "/a;b=1"},
      {"/a\\..\\b", kOk, "/a\\..\\b"},
      {"/~a+b", kOk, "/~a+b"},
      // Dot segments.
      {"/.", kOk, "/"},
      {"/./", kOk, "/"},
      {"/./a", kOk, "/a"},
      {"/a/.", kOk, "/a/"},
      {"/a/./b", kOk, "/a/b"},
      {"/a/..", kOk, "/"},
      {"/a/../", kOk, "/"},
      {"/a/b/..", kOk, "/a/"},
      {"/a/b/../", kOk, "/a/"},
      {"/a/b/../c", kOk, "/a/c"},
      {"/a/b/../../c", kOk, "/c"},
      {"/a/b/c/./../../g", kOk, "/a/g"},  // RFC 3986 5.2.4
      {"/...", kOk, "/..."},
      {"/.../a", kOk, "/.../a"},
      {"/..a", kOk, "/..a"},
      {"/a/..b/", kOk, "/a/..b/"},
      {"/.hidden", kOk, "/.hidden"},
      {"/a/.hidden/..", kOk, "/a/"},
      {"/..", kOut, ""},
      {"/../", kOut, ""},
      {"/../a", kOut, ""},
      {"/./..", kOut, ""},
      {"/a/../..", kOut, ""},
      {"/a/../../b", kOut, ""},
      {"/a/../../../../../etc/passwd", kOut, ""},
      {"/../../a/b/c/d", kOut, ""},
      {"//..", kOut, ""},
      {"//../a", kOut, ""},
      // Empty segments.
      {"//", kOk, "/"},
      {"///a", kOk, "/a"},
      {"/a//b", kOk, "/a/b"},
      {"/a//", kOk, "/a/"},
      {"/a//../b", kOk, "/b"},
      {"/a/b//..//c", kOk, "/a/c"},
      {"//evil.example/x", kOk, "/evil.example/x"},
      {"", kOk, "/"},
      {"a/b", kOk, "/a/b"},
      {"..", kOut, ""},
      // Percent-encoding, once.
      {"/%61", kOk, "/a"},
      {"/a%20b", kOk, "/a b"},
      {"/%7e%7E", kOk, "/~~"},
      {"/%c3%A9", kOk, "/\xC3\xA9"},
      {"/a%2Bb+c", kOk, "/a+b+c"},
      {"/a%3Fb", kOk, "/a?b"},
      {"/a%23b", kOk, "/a#b"},
      {"/a%3bb", kOk, "/a;b"},
      {"/a%0d%0ab", kOk, "/a\r\nb"},
      {"/%25", kOk, "/%"},
      {"/%2541", kOk, "/%41"},
      {"/%252e%252e/%252f", kOk, "/%2e%2e/%2f"},
      {"/%25%32%65", kOk, "/%2e"},
      {"/%ff%fe", kOk, "/\xFF\xFE"},
      {"/%c0%af..%c0%af", kOk, "/\xC0\xAF..\xC0\xAF"},  // Overlong: octets of a name.
      {"/%c0%ae%c0%ae/a", kOk, "/\xC0\xAE\xC0\xAE/a"},
      {"/%5c..%5c", kOk, "/\\..\\"},
      {"/a%5C..", kOk, "/a\\.."},
      {"/%2e", kOk, "/"},
      {"/%2E/a", kOk, "/a"},
      {"/a/%2e%2e", kOk, "/"},
      {"/a/.%2e/b", kOk, "/b"},
      {"/a/%2E./b", kOk, "/b"},
      {"/%2e%2e", kOut, ""},
      {"/%2e%2e/etc/passwd", kOut, ""},
      {"/.%2E/a", kOut, ""},
      {"/a/%2e%2e/%2e%2e/b", kOut, ""},
      {"/%2e%2e%2e", kOk, "/..."},
      // Encoded slashes.
      {"/a%2fb", kSlash, ""},
      {"/%2F", kSlash, ""},
      {"/%2f%2f", kSlash, ""},
      {"/..%2f..%2fetc%2fpasswd", kSlash, ""},
      {"/a/..%2f..", kSlash, ""},
      {"/%2f/..", kSlash, ""},
      // 400 goes before 404.
      {"/%2f%zz", kBad, ""},
      {"/%2f%00", kNul, ""},
      {"/%2f/../..", kOut, ""},
      // Broken.
      {"/%", kBad, ""},
      {"/%2", kBad, ""},
      {"/a%", kBad, ""},
      {"/%/a", kBad, ""},
      {"/%2/a", kBad, ""},
      {"/%zz", kBad, ""},
      {"/%2g", kBad, ""},
      {"/%g2", kBad, ""},
      {"/%%", kBad, ""},
      {"/%%41", kBad, ""},
      {"/%u002e", kBad, ""},
      {"/% 41", kBad, ""},
      {"/%+1", kBad, ""},
      {"/%-1", kBad, ""},
      {"/%0x", kBad, ""},
      {"/%00", kNul, ""},
      {"/a%00", kNul, ""},
      {"/a.html%00.png", kNul, ""},
      {"/%2e%2e%00", kNul, ""},
      {"/a\0b"sv, kNul, ""},
      {"/%2500", kOk, "/%00"},
  };
  for (const Case& row : kCases) {
    std::string out = "left over";
    const PathResult result = normalise_path(row.raw, out);
    EXPECT_EQ(result.error, row.error) << row.raw;
    EXPECT_EQ(result.path, row.path) << row.raw;
  }
}

TEST(Uri, AnOrdinaryPathIsNotCopied) {
  std::string out;
  const std::string_view raw = "/a/b-c/d_e.html";
  EXPECT_EQ(normalise_path(raw, out).path.data(), raw.data());
  EXPECT_EQ(out.capacity(), std::string().capacity());
}

TEST(Uri, LongPathsCostTimeInProportion) {
  std::string raw;
  for (int i = 0; i < 200'000; ++i) raw += "/a";
  for (int i = 0; i < 200'000; ++i) raw += "/..";
  std::string out;
  EXPECT_EQ(normalise_path(raw, out).path, "/");
  EXPECT_EQ(normalise_path(raw + "/..", out).error, PathError::kEscapesRoot);
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    segments.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return segments;
}

// Whatever comes in: no way up, no NUL, no empty segment; and what was encoded comes back as it was.
TEST(Uri, RandomPathsStayBelowTheRoot) {
  const std::vector<std::string_view> pieces = {"/",    ".",   "..",  "%2e", "%2E", "%2f", "%00", "%",
                                                "%25",  "a",   "b.c", "//",  "\\",  "%5c", "/./", "/../",
                                                "\xFF", "%c3", "%A9", "/.a", "/a",  "/b/", "%0a", "?"};
  std::mt19937 random(1);
  int accepted = 0;
  std::string out;
  for (int round = 0; round < 300'000; ++round) {
    std::string raw = "/";
    for (std::size_t i = 0, n = random() % 10; i < n; ++i) {
      raw += random() % 8 == 0 ? std::string(1, static_cast<char>(random() % 256))
                               : std::string(pieces[random() % pieces.size()]);
    }
    const PathResult result = normalise_path(raw, out);
    if (result.error != PathError::kOk) continue;
    ++accepted;
    ASSERT_TRUE(result.path.starts_with('/')) << raw;
    ASSERT_EQ(result.path.find('\0'), std::string_view::npos) << raw;
    const auto segments = segments_of(result.path);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      ASSERT_NE(segments[i], "..") << raw;
      ASSERT_NE(segments[i], ".") << raw;
      ASSERT_TRUE(!segments[i].empty() || i + 1 == segments.size()) << raw;
    }
    const std::string location = encode_path(result.path);
    std::string again;
    ASSERT_EQ(normalise_path(location, again).path, result.path) << raw << ' ' << location;
    ASSERT_TRUE(parse_target(location)) << location;
  }
  EXPECT_GT(accepted, 50'000);
}

TEST(Uri, EncodePath) {
  struct Case {
    std::string_view path;
    std::string_view encoded;
  };
  constexpr Case kCases[] = {
      {"/", "/"},
      {"", "/"},
      {"/a/b-c_d.e~f/", "/a/b-c_d.e~f/"},
      {"a", "/a"},
      {"//a", "/a"},
      {"////a//b", "/a//b"},
      {"/\\a", "/%5Ca"},
      {"\\/a", "/%5C/a"},
      {"/a b", "/a%20b"},
      {"/a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x"},
      {"/a\tb\0c"sv, "/a%09b%00c"},
      {"/a?b#c%d", "/a%3Fb%23c%25d"},
      {"/%41", "/%2541"},
      {"/\"<>'&`", "/%22%3C%3E%27%26%60"},
      {"/\xC3\xA9\xFF\x7F", "/%C3%A9%FF%7F"},
      {"/!$()*+,;=:@", "/!$()*+,;=:@"},
      {"/[]{}|^", "/%5B%5D%7B%7D%7C%5E"},
  };
  for (const Case& row : kCases) EXPECT_EQ(encode_path(row.path), row.encoded) << row.path;
}

TEST(Uri, EncodePathIsSafeForAnyOctets) {
  std::mt19937 random(3);
  for (int round = 0; round < 50'000; ++round) {
    std::string path(random() % 12, '\0');
    for (char& c : path) c = random() % 3 == 0 ? '/' : static_cast<char>(random() % 256);
    const std::string encoded = encode_path(path);
    ASSERT_TRUE(encoded.starts_with('/'));
    ASSERT_FALSE(encoded.starts_with("//"));
    ASSERT_TRUE(all_of(encoded, is_path_octet)) << encoded;
    ASSERT_EQ(encoded.find_first_of("\\'\"&<>?#"), std::string::npos) << encoded;
  }
}

TEST(Uri, HiddenSegments) {
  struct Case {
    std::string_view path;
    bool hidden;
  };
  constexpr Case kCases[] = {
      {"/", false},
      {"/a", false},
      {"/a.b/c.d", false},
      {"/a./b", false},
      {"/.git", true},
      {"/.git/config", true},
      {"/a/.htaccess", true},
      {"/a/.b/c", true},
      {"/...", true},
      {"/.well-known", false},
      {"/.well-known/", false},
      {"/.well-known/acme-challenge/x", false},
      {"/.well-known/.x", true},
      {"/.well-known/a/.x", true},
      {"/.well-knownx", true},
      {"/.well-known.x/a", true},
      {"/.Well-Known/a", true},
      {"/a/.well-known/b", true},
      {"/.well-known/.well-known/a", true},
  };
  for (const Case& row : kCases) EXPECT_EQ(has_hidden_segment(row.path), row.hidden) << row.path;
}

}  // namespace
}  // namespace pollux::http
