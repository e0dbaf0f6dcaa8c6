#include "files/start_page_navigation.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/files/temporary_site.h"

namespace pollux::files {
namespace {

TEST(StartPageNavigation, IsTheFirstListOfTheFirstNav) {
  struct Case {
    std::string_view page;
    std::string_view links;
  };
  const Case cases[] = {
      {"", ""},
      {"<ul><li><a href=\"/a\">A</a></ul>", ""},
      {"<nav><a href=\"/a\">A</a></nav>", ""},
      {"<nav><ul></ul></nav>", ""},
      {"<nav><ul><li><a href=\"/a\">A</a></li></ul></nav>", "<li><a href=\"/a\">A</a></li>\n"},
      {"<nav><ul><li><abbr title=\"x\">A</abbr> <a href=\"/a\">A</a></ul></nav>",
       "<li><a href=\"/a\">A</a></li>\n"},
      // The brand stands before the list, and what comes after the list, or in another, is something else.
      {"<nav class=\"x\"><a href=\"/\">Us</a><ul class=\"y\"><li><a class=\"z\" href=\"/a\" id=\"i\">\n A "
       "&amp; B\n"
       "</a></ul><a href=\"/in\">In</a></nav><nav><ul><li><a href=\"/c\">C</a></ul></nav>",
       "<li><a href=\"/a\">A &amp; B</a></li>\n"},
      {"<nav><ul><li><a href=\"/a\"><svg><path d=\"M0\"/></svg> <b>A</b></a><li><a "
       "href=\"/b/\">B</a></ul></nav>",
       "<li><a href=\"/a\">A</a></li>\n<li><a href=\"/b/\" aria-current=\"page\">B</a></li>\n"},
      // Places elsewhere, what only this page can resolve, and what has no text.
      {"<nav><ul><a href=\"https://a.test/\">A</a><a href=\"//a.test/\">A</a><a href=\"a.html\">A</a><a>A</a>"
       "<a data-href=\"/a\">A</a><a href=\"/a\"><img></a></ul></nav>",
       ""},
      // Whatever breaks off.
      {"<nav><ul><li><a href=\"/a\">A</a>", ""},
      {"<nav><ul><li><a href=\"/a</a></ul></nav>", ""},
      {"<nav><ul><li><a href=\"/a\">A", ""},
  };
  for (const Case& row : cases) EXPECT_EQ(navigation_in(row.page, "/b/"), row.links) << row.page;
}

TEST(StartPageNavigation, ShowsNothingOfAStartPageThatIsNotForEverybody) {
  const TemporarySite site;
  site.write("index.html", "<nav><ul><li><a href=\"/a\">A</a></ul></nav>");
  FileCache cache(ResourceLoader(site.directory().string(), {.index = {"index.html"}}), {});
  const struct {
    std::string closed;  // The path that not everybody may see, of one host.
    std::string host;
    bool shown;
  } rows[] = {
      {"", "a.test", true},   {"/other.html", "a.test", true},
      {"/", "a.test", false}, {"/index.html", "a.test", false},
      {"/", "b.test", true},
  };
  for (const auto& row : rows) {
    const StartPageNavigation navigation(cache, [&row](const http::Request& request, std::string_view path) {
      return path != row.closed || request.host() != "a.test";
    });
    http::Request request;
    request.uri.authority = row.host;
    const Now now{TimePoint(std::chrono::hours(1)), {}};
    EXPECT_EQ(!navigation.links(request, "/", now).empty(), row.shown) << row.closed << " at " << row.host;
  }
}

}  // namespace
}  // namespace pollux::files
