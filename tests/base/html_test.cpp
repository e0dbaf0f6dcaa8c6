#include "base/html.h"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(EscapeHtml, ForTextAndAttributes) {
  struct Case {
    std::string_view text;
    std::string_view escaped;
  };
  const Case cases[] = {
      {"", ""},
      {"plain", "plain"},
      {R"(<a href="x" title='y'>&amp;)", "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;"},
      {"\u5f20\u4f1f", "\u5f20\u4f1f"},
  };
  for (const Case& row : cases) EXPECT_EQ(escape_html(row.text), row.escaped) << row.text;
}

TEST(FillIn, ReplacesPlaceholders) {
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
}  // namespace pollux
