// The second half of http/uri.h: what becomes of a path.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "http/chars.h"
#include "http/uri.h"

namespace pollux::http {
namespace {

using namespace std::string_view_literals;

TEST(Path, NormalisePath) {
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

TEST(Path, AnOrdinaryPathIsNotCopied) {
  std::string out;
  const std::string_view raw = "/a/b-c/d_e.html";
  EXPECT_EQ(normalise_path(raw, out).path.data(), raw.data());
  EXPECT_EQ(out.capacity(), std::string().capacity());
}

TEST(Path, LongPathsCostTimeInProportion) {
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
TEST(Path, RandomPathsStayBelowTheRoot) {
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

TEST(Path, EncodePath) {
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

TEST(Path, EncodePathIsSafeForAnyOctets) {
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

TEST(Path, IsWithin) {
  struct Case {
    std::string_view path, directory;
    bool within;
  };
  constexpr Case kCases[] = {
      {"/members/", "/members/", true},
      {"/members/a", "/members/", true},
      {"/members", "/members/", true},
      {"/members2", "/members/", false},
      {"/member", "/members/", false},
      {"/a/members/", "/members/", false},
      {"/", "/members/", false},
      {"/a", "/", true},
      {"/", "/", true},
  };
  for (const Case& row : kCases)
    EXPECT_EQ(is_within(row.path, row.directory), row.within) << row.path << " " << row.directory;
}

TEST(Path, HiddenSegments) {
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
