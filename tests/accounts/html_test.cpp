#include "accounts/html.h"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(Html, FillsIn) {
  struct Case {
    std::string_view page;
    std::string_view filled;
  };
  const Case cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"{{name}}", "A&amp;B"},
      {"<{{name}}|{{name}}>", "<A&amp;B|A&amp;B>"},
      {"{{=name}}", "A&B"},
      {"{{none}}.{{=none}}", "."},
      {"{{nested}}", "{{name}}"},  // What was filled in is not looked at again.
      {"{{=nested}}", "{{name}}"},
      {"{{name", "{{name"},
      {"}} {{name}}", "}} A&amp;B"},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(fill_in(row.page, {{"name", "A&B"}, {"nested", "{{name}}"}}), row.filled) << row.page;
  }
}

}  // namespace
}  // namespace pollux::accounts
