#include "files/start_page_navigation.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace pollux::files {

namespace {

// Returns the text between `begin` and `end`, and removes all three from the front of `html`.
std::optional<std::string_view> take_between(std::string_view& html, std::string_view begin,
                                             std::string_view end) {
  const std::size_t from = html.find(begin);
  if (from == std::string_view::npos) return std::nullopt;
  html.remove_prefix(from + begin.size());
  const std::size_t to = html.find(end);
  if (to == std::string_view::npos) return std::nullopt;
  const std::string_view between = html.substr(0, to);
  html.remove_prefix(to + end.size());
  return between;
}

std::string without_tags(std::string_view html) {
  std::string text;
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>') in_tag = false;
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// `anchor`: `href="/a" class="b">Text`, from after "<a " to before "</a>".
std::string item(std::string_view anchor, std::string_view current) {
  const std::size_t end = anchor.find('>');
  if (end == std::string_view::npos) return {};
  const std::string spaced = fmt::format(" {}", anchor.substr(0, end));
  std::string_view attributes = spaced;
  const std::string_view address = take_between(attributes, " href=\"", "\"").value_or("");
  const std::string text = without_tags(anchor.substr(end + 1));
  if (!address.starts_with('/') || address.starts_with("//") || text.empty()) return {};
  const std::string_view mark = address == current ? " aria-current=\"page\"" : "";
  return fmt::format("<li><a href=\"{}\"{}>{}</a></li>\n", address, mark, text);
}

}  // namespace

std::string navigation_in(std::string_view page, std::string_view current) {
  auto nav = take_between(page, "<nav", "</nav>");
  if (!nav) return {};
  auto list = take_between(*nav, "<ul", "</ul>");
  if (!list) return {};
  std::string items;
  while (const auto anchor = take_between(*list, "<a ", "</a>")) items += item(*anchor, current);
  return items;
}

std::string StartPageNavigation::links(const http::Request& request, std::string_view current,
                                       const Now& now) const {
  constexpr std::string_view kStart = "/";
  const auto start = cache_.find(kStart, now.steady);
  const auto page = start->file ? start->file->snapshot() : std::nullopt;
  if (!page || !is_open_(request, kStart) || !is_open_(request, start->path)) return {};
  return navigation_in(*page, current);
}

}  // namespace pollux::files
