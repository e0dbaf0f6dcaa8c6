#include "site/listing_views.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace pollux::site {
namespace {

ListingEntry file_of(std::string_view name) { return {.name = std::string(name), .size = 1}; }

// What stands between `begin` and `end` for the first time after `mark`.
std::string between(std::string_view text, std::string_view mark, std::string_view begin,
                    std::string_view end) {
  const std::size_t from = text.find(begin, text.find(mark));
  if (from == std::string_view::npos) return "nothing";
  text.remove_prefix(from + begin.size());
  return std::string(text.substr(0, text.find(end)));
}

TEST(ListingViews, HostileNames) {
  struct Case {
    std::string_view name, link, html, json;
  };
  const Case cases[] = {
      {"a.txt", "./a.txt", "a.txt", "a.txt"},
      {"a b", "./a%20b", "a b", "a b"},
      {"<script>alert(1)", "./%3Cscript%3Ealert(1)", "&lt;script&gt;alert(1)", "<script>alert(1)"},
      {"</a>", "./%3C/a%3E", "&lt;/a&gt;", "</a>"},  // No name on Linux has a slash.
      {"&lt;", "./%26lt;", "&amp;lt;", "&lt;"},
      {"\"'", "./%22%27", "&quot;&#39;", R"(\"')"},
      {"\" onclick=\"x", "./%22%20onclick=%22x", "&quot; onclick=&quot;x", R"(\" onclick=\"x)"},
      {"javascript:x", "./javascript:x", "javascript:x", "javascript:x"},
      {"https:", "./https:", "https:", "https:"},
      {"?a=b#c", "./%3Fa=b%23c", "?a=b#c", "?a=b#c"},
      {"100%41", "./100%2541", "100%41", "100%41"},
      {"\\evil.test", "./%5Cevil.test", "\\evil.test", R"(\\evil.test)"},
      {"line\nbreak\r", "./line%0Abreak%0D", R"(line\x0abreak\x0d)", R"(line\u000abreak\u000d)"},
      {"\x1b[31m", "./%1B%5B31m", R"(\x1b[31m)", R"(\u001b[31m)"},
      {"\u5f20", "./%E5%BC%A0", "\u5f20", "\u5f20"},
      {"caf\xe9", "./caf%E9", R"(caf\xe9)", R"(caf\ufffd)"},
      {"\xc0\xaf\xff", "./%C0%AF%FF", R"(\xc0\xaf\xff)", R"(\ufffd\ufffd\ufffd)"},
      {"{{path}}{{=rows}}", "./%7B%7Bpath%7D%7D%7B%7B=rows%7D%7D", "{{path}}{{=rows}}", "{{path}}{{=rows}}"},
      {"]]>-->{}", "./%5D%5D%3E--%3E%7B%7D", "]]&gt;--&gt;{}", "]]>-->{}"},
  };
  for (const Case& row : cases) {
    const ListingPage page{.entries = {file_of(row.name)}};
    const std::string html = listing_html("/", {}, page);
    EXPECT_EQ(between(html, "<tbody>", "<a ", "</a>"), fmt::format("href=\"{}\">{}", row.link, row.html));
    const std::string json = listing_json("/", {}, page);
    EXPECT_EQ(between(json, "entries", "{\"name\":", ",\"type\""),
              fmt::format("\"{}\",\"href\":\"{}\"", row.json, row.link));
  }
}

TEST(ListingViews, Sizes) {
  struct Case {
    std::int64_t size;
    std::string_view text;
  };
  const Case cases[] = {
      {0, "0 B"},
      {586, "586 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1434, "1.4 KiB"},
      {10'188, "9.9 KiB"},
      {10'189, "10 KiB"},
      {1'048'000, "1023 KiB"},
      {1'048'064, "1.0 MiB"},
      {36'700'160, "35 MiB"},
      {std::numeric_limits<std::int64_t>::max(), "8.0 EiB"},
  };
  for (const Case& row : cases) {
    const ListingPage page{.entries = {{.name = "a", .size = row.size}}};
    EXPECT_EQ(between(listing_html("/", {}, page), "<tbody>", "<data ", "</data>"),
              fmt::format("value=\"{}\">{}", row.size, row.text));
    EXPECT_EQ(between(listing_json("/", {}, page), "entries", "\"size\":", ","), std::to_string(row.size));
  }
}

TEST(ListingViews, Times) {
  struct Case {
    std::int64_t seconds;
    std::string_view mtime, text;
  };
  const Case cases[] = {
      {0, "1970-01-01T00:00:00Z", "1970-01-01 00:00"},
      {1'763'842'504, "2025-11-22T20:15:04Z", "2025-11-22 20:15"},
      {-1, "1969-12-31T23:59:59Z", "1969-12-31 23:59"},
      {-62'135'596'801, "0001-01-01T00:00:00Z", "0001-01-01 00:00"},
      {std::numeric_limits<std::int64_t>::min(), "0001-01-01T00:00:00Z", "0001-01-01 00:00"},
      {std::numeric_limits<std::int64_t>::max(), "9999-12-31T23:59:59Z", "9999-12-31 23:59"},
  };
  for (const Case& row : cases) {
    const ListingPage page{
        .entries = {{.name = "a", .modified = std::chrono::sys_seconds(std::chrono::seconds(row.seconds))}}};
    EXPECT_EQ(between(listing_html("/", {}, page), "<tbody>", "<time ", "</time>"),
              fmt::format("datetime=\"{}\">{}", row.mtime, row.text));
    EXPECT_EQ(between(listing_json("/", {}, page), "entries", "\"mtime\":\"", "\""), row.mtime);
  }
}

TEST(ListingViews, TheWayUp) {
  struct Case {
    std::string path, html;
  };
  std::string deep = "/";
  for (int i = 0; i < 2000; ++i) deep += "d/";
  const std::string b = "<b aria-current=\"page\">";
  const Case cases[] = {
      {"/", b + "/</b>"},
      {"/a/", "<a href=\"../\">/</a>" + b + "a/</b>"},
      {"/a/<b>/c/",
       "<a href=\"../../../\">/</a><a href=\"../../\">a/</a><a href=\"../\">&lt;b&gt;/</a>" + b + "c/</b>"},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(between(listing_html(row.path, {}, {}), "<body>", "Index of ", "</h1>"), row.html) << row.path;
  }
  const std::string html = listing_html(deep, {}, {});
  EXPECT_LT(html.size(), 30'000U);
  EXPECT_NE(html.find("</a>\u2026/<a"), std::string::npos);
}

TEST(ListingViews, ColumnsLeadToOtherOrders) {
  struct Case {
    std::string_view query, name, size, time;
  };
  const Case cases[] = {
      {"", " aria-sort=\"ascending\"><a href=\"?sort=name&amp;order=desc\">Name",
       "><a href=\"?sort=size&amp;order=asc\">Size", "><a href=\"?sort=time&amp;order=asc\">Modified (UTC)"},
      {"sort=size&order=desc&after=f7.a", "><a href=\"?sort=name&amp;order=asc\">Name",
       " aria-sort=\"descending\"><a href=\"?sort=size&amp;order=asc\">Size",
       "><a href=\"?sort=time&amp;order=asc\">Modified (UTC)"},
  };
  for (const Case& row : cases) {
    const std::string html = listing_html("/", ListingQuery::parse(row.query), {});
    EXPECT_EQ(
        between(html, "<thead>", "<tr>", "</tr>"),
        fmt::format("<th scope=\"col\"{0}</a></th><th scope=\"col\"{1}</a></th><th scope=\"col\"{2}</a></th>",
                    row.name, row.size, row.time));
  }
}

TEST(ListingViews, OtherPages) {
  ListingQuery query = ListingQuery::parse("sort=size&after=f0.%22");
  const ListingPage last{.entries = {file_of("a")}};
  const ListingPage middle{.entries = {file_of("a"), file_of("<&")}, .more = true};
  const std::string_view first_link = "<a href=\"?sort=size&amp;order=asc\">First page</a>";
  const std::string_view next_link =
      "<a rel=\"next\" href=\"?sort=size&amp;order=asc&amp;after=f1.%3C%26\">Next page</a>";
  EXPECT_EQ(between(listing_html("/", query, last), "</table>", "<p>", "</p>"), first_link);
  EXPECT_EQ(between(listing_html("/", query, middle), "</table>", "<p>", "</p>"),
            fmt::format("{} {}", next_link, first_link));
  EXPECT_EQ(between(listing_json("/", query, last), "entries", "\"next\":", ","), "nothing");
  query.format = ListingQuery::Format::kJson;
  EXPECT_EQ(between(listing_json("/", query, middle), "entries", "\"next\":", ","),
            "\"?sort=size&order=asc&format=json&after=f1.%3C%26\"");
}

TEST(ListingViews, Json) {
  EXPECT_EQ(listing_json("/\"/", {}, {}), "{\"path\":\"/\\\"/\",\"entries\":[],\n\"incomplete\":false}\n");
  const ListingPage page{.entries = {{.name = "d", .directory = true}, file_of("f")}, .incomplete = true};
  EXPECT_EQ(
      listing_json("/", {}, page),
      "{\"path\":\"/\",\"entries\":[\n"
      "{\"name\":\"d\",\"href\":\"./d/\",\"type\":\"directory\",\"mtime\":\"1970-01-01T00:00:00Z\"},\n"
      "{\"name\":\"f\",\"href\":\"./f\",\"type\":\"file\",\"size\":1,\"mtime\":\"1970-01-01T00:00:00Z\"}],\n"
      "\"incomplete\":true}\n");
}

TEST(ListingViews, SaysWhatIsMissing) {
  EXPECT_NE(listing_html("/", {}, {}).find("There is nothing here."), std::string::npos);
  EXPECT_NE(listing_html("/", {}, {.incomplete = true}).find("This list is incomplete"), std::string::npos);
  EXPECT_EQ(between(listing_html("/", {}, {.entries = {file_of("a")}}), "</table>", "<p>", "</p>"),
            "nothing");
}

}  // namespace
}  // namespace pollux::site
