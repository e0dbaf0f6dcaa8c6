#include "accounts/html.h"

#include "base/html.h"

namespace pollux::accounts {

namespace {

std::string_view value_of(std::string_view name, Values values) {
  for (const auto& [known, value] : values) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace

std::string fill_in(std::string_view page, Values values) {
  std::string filled;
  for (;;) {
    const std::size_t begin = page.find("{{");
    const std::size_t end = page.find("}}", begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return filled.append(page);
    filled += page.substr(0, begin);
    std::string_view name = page.substr(begin + 2, end - begin - 2);
    if (name.starts_with('=')) {
      filled += value_of(name.substr(1), values);
    } else {
      filled += escape_html(value_of(name, values));
    }
    page.remove_prefix(end + 2);
  }
}

}  // namespace pollux::accounts
