#include "http/accept.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux::http {
namespace {

TEST(Accept, WeightOfAType) {
  struct Case {
    std::string_view accept;
    unsigned html, json;
  };
  const Case cases[] = {
      {"", 1000, 1000},
      {" \t", 1000, 1000},
      {"*/*", 1000, 1000},
      {"*/*;q=0.5", 500, 500},
      {"text/html", 1000, 0},
      {"TEXT/HTML;Q=0.25", 250, 0},
      {"application/json", 0, 1000},
      {"text/*;q=0.3, */*;q=0.1", 300, 100},
      {"*/*;q=0.9, text/*;q=0.3, text/html;q=0", 0, 900},
      {"application/json, */*;q=0", 0, 1000},
      {"text/html;level=1;q=0.4", 400, 0},
      {"text/html ; q=0.4 ;charset=utf-8", 400, 0},
      {"text/html;q=0.1, text/html;q=0.7, text/html;q=0.2", 700, 0},
      {"text/html;q=2, application/json;q=x", 0, 0},  // Malformed weights.
      {"text/html;q=, */*;q=0.2", 200, 200},
      {"text, html, /, *, text/, /*, /html", 0, 0},
      {",,,", 0, 0},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", 1000, 800},  // Browsers.
      {"application/json, text/plain, */*", 1000, 1000},                                          // axios
      {"image/png", 0, 0},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(weight_of_type(row.accept, "text/html"), row.html) << row.accept;
    EXPECT_EQ(weight_of_type(row.accept, "application/json"), row.json) << row.accept;
  }
}

TEST(Accept, ALongValueIsRead) {
  EXPECT_EQ(weight_of_type(std::string(8192, ','), "text/html"), 0U);
  EXPECT_EQ(weight_of_type(std::string(8192, ';'), "text/html"), 0U);
  EXPECT_EQ(weight_of_type(std::string(8192, ',') + "text/html", "text/html"), 1000U);
}

}  // namespace
}  // namespace pollux::http
