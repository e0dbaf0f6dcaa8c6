#include "files/type_table.h"

#include <gtest/gtest.h>

#include <random>

#include "files/mime.h"

namespace pollux::files {
namespace {

TEST(TypeTable, WithoutRowsIsTheBuiltInOne) {
  const TypeTable table;
  for (const char* name : {"a.html", "a.tar.gz", "README", ".html", "", "a.", "a.zzzz"})
    EXPECT_EQ(table.content_type(name), content_type(name)) << name;
}

TEST(TypeTable, Overrides) {
  const TypeTable table({{".glb", "application/first"},
                         {".glb", "model/x-own"},
                         {".tar.gz", "application/x-gtar"},
                         {".TXT", "text/plain; charset=iso-8859-1"},
                         {".tmpl", "TEXT/HTML"},
                         {".feed", "application/x-feed+xml"},
                         {".data", "application/json"},
                         {".tables", "application/toml"},
                         {".raw", "application/x-raw"},
                         {".c++", "text/x-c++;a=\"b; c\""},
                         {".\xC3\xA9", "text/x-e"},
                         {".zip", "application/octet-stream"}});
  const struct {
    std::string_view name;
    std::string_view type;
  } rows[] = {
      {"a.glb", "model/x-own"},
      {"/dir/a.GLB", "model/x-own"},
      {"a.tar.gz", "application/x-gtar"},
      {"A.B.Tar.Gz", "application/x-gtar"},
      {"a.gz", "application/gzip"},
      {"tar.gz", "application/gzip"},
      {".tar.gz", "application/gzip"},
      {"a.tar.gz.txt", "text/plain; charset=iso-8859-1"},
      {"a.tmpl", "TEXT/HTML; charset=utf-8"},
      {"a.feed", "application/x-feed+xml; charset=utf-8"},
      {"a.data", "application/json; charset=utf-8"},
      {"a.tables", "application/toml; charset=utf-8"},
      {"a.raw", "application/x-raw"},
      {"a.c++", "text/x-c++;a=\"b; c\""},
      {"a.\xC3\xA9", "text/x-e; charset=utf-8"},
      {"a.zip", "application/octet-stream"},
      {"a..glb", "model/x-own"},
      // The built-in table's.
      {"a.html", "text/html; charset=utf-8"},
      {"README", "text/plain; charset=utf-8"},
      {"", kOctetStream},
      {".glb", kOctetStream},
      {"a.glb/b", kOctetStream},
      {"glb", kOctetStream},
      {"a.glb ", kOctetStream},
      {"a.xglb", kOctetStream},
  };
  for (const auto& row : rows) EXPECT_EQ(table.content_type(row.name), row.type) << row.name;
  EXPECT_EQ(table.content_type(std::string(100'000, '.') + "glb"), "model/x-own");
  EXPECT_EQ(table.content_type("a." + std::string(100'000, 'b')), kOctetStream);
}

TEST(TypeTable, OnlyOurOwnCharsetGivesWayToTheOneThatAFileDeclares) {
  const TypeTable table({{".ours", "text/html"}, {".written", "text/html; charset=utf-8"}});
  constexpr std::string_view kKoi8 = "<meta charset=koi8-r>";
  const struct {
    std::string_view name;
    std::string_view beginning;
    std::string_view type;
  } rows[] = {
      {"a.ours", "", "text/html; charset=utf-8"},       {"a.ours", kKoi8, "text/html"},
      {"a.html", "", "text/html; charset=utf-8"},       {"a.html", kKoi8, "text/html"},
      {"a.written", kKoi8, "text/html; charset=utf-8"},
  };
  for (const auto& row : rows) EXPECT_EQ(table.content_type(row.name, row.beginning), row.type) << row.name;
}

TEST(TypeTable, Extensions) {
  for (const char* extension : {".a", ".A", ".tar.gz", ".c++", ".7z", ".a-b_c", ".\xC3\xA9"})
    EXPECT_EQ(TypeTable::fault_of({extension, "a/b"}), "") << extension;
  for (const char* extension :
       {"", ".", "a", "a.b", "..", "..a", ".a.", ".a..b", "./a", ".a/b", ".a b", ".a\t", ".a\n", ".\x7F"}) {
    EXPECT_NE(TypeTable::fault_of({extension, "a/b"}), "") << extension;
  }
  EXPECT_EQ(TypeTable::fault_of({"." + std::string(63, 'a'), "a/b"}), "");
  EXPECT_EQ(TypeTable::fault_of({"." + std::string(64, 'a'), "a/b"}), "the extension is too long");
}

TEST(TypeTable, Types) {
  for (const char* type : {"a/b", "text/plain", "application/vnd.a.b+c", "text/plain;charset=utf-8",
                           "text/plain ; charset=utf-8 ; a=b", "a/b; c=\"\"", "a/b; c=\"d;\\\" e\"; f=g"}) {
    EXPECT_EQ(TypeTable::fault_of({".a", type}), "") << type;
  }
  for (const char* type : {"",
                           "a",
                           "/",
                           "a/",
                           "/b",
                           "a/b/c",
                           "a /b",
                           "a/ b",
                           "a/b c",
                           "a/b;",
                           "a/b; ;c=d",
                           "a/b; c",
                           "a/b; c=",
                           "a/b; =d",
                           "a/b; c= d",
                           "a/b; c=d e",
                           "a/b; c=\"",
                           "a/b; c=\"\\",
                           "a/b; c=\"\\\"",
                           "a/b; c=\"d\"e",
                           "a/b, c/d",
                           "a/b\r\nX: y",
                           "a/b; c=\"\n\"",
                           "a/b; c=\"\x7F\"",
                           "<a/b>"}) {
    EXPECT_NE(TypeTable::fault_of({".a", type}), "") << type;
  }
  EXPECT_EQ(TypeTable::fault_of({".a", "a/" + std::string(253, 'b')}), "");
  EXPECT_EQ(TypeTable::fault_of({".a", "a/" + std::string(254, 'b')}), "the type is too long");
}

TEST(TypeTable, RandomTypesThatAreTakenFitInAField) {
  constexpr std::string_view kOctets("a/;=\" \\\r\n\0\x7F", 11);
  std::mt19937 random(1);
  for (int round = 0; round < 100'000; ++round) {
    std::string type;
    for (std::size_t i = 0, n = random() % 12; i < n; ++i) type += kOctets[random() % kOctets.size()];
    if (!TypeTable::fault_of({".x", type}).empty()) continue;
    const TypeTable table({{".x", type}});
    ASSERT_EQ(table.content_type("a.x").find_first_of(std::string_view("\r\n\0\x7F", 4)),
              std::string_view::npos);
  }
}

}  // namespace
}  // namespace pollux::files
