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

}  // namespace
}  // namespace pollux
