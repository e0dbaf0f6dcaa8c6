#include "base/html.h"

namespace pollux {

namespace {

std::string_view value_of(std::string_view name, HtmlValues values) {
  for (const auto& [known, value] : values) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string fill_in(std::string_view page, HtmlValues values) {
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

}  // namespace pollux
