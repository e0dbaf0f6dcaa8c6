#include "site/listing_query.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstddef>

#include "http/form.h"

namespace pollux::site {

namespace {

using Sort = ListingQuery::Sort;
using Format = ListingQuery::Format;

constexpr std::array<std::string_view, 3> kSortNames = {"name", "size", "time"};

// The sort key of entries, before their names.
std::int64_t sort_value(Sort sort, const ListingEntry& entry) {
  switch (sort) {
    case Sort::kName: break;
    case Sort::kSize: return entry.size;
    case Sort::kTime: return entry.modified.time_since_epoch().count();
  }
  return 0;
}

std::string cursor_text(Sort sort, const ListingEntry& entry) {
  return fmt::format("{}{}.{}", entry.directory ? 'd' : 'f', sort_value(sort, entry), entry.name);
}

std::optional<ListingEntry> parse_cursor(Sort sort, std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || (text[0] != 'd' && text[0] != 'f')) return std::nullopt;
  const std::string_view number = text.substr(1, dot - 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  ListingEntry entry{.name = std::string(text.substr(dot + 1)), .directory = text[0] == 'd'};
  if (sort == Sort::kSize) entry.size = value;
  if (sort == Sort::kTime) entry.modified = std::chrono::sys_seconds(std::chrono::seconds(value));
  return entry;
}

std::optional<Format> parse_format(std::string_view text) {
  if (text == "html") return Format::kHtml;
  if (text == "json") return Format::kJson;
  return std::nullopt;
}

}  // namespace

ListingQuery ListingQuery::parse(std::string_view query) {
  const auto form = http::Form::parse(query);
  if (!form) return {};
  ListingQuery parsed;
  for (std::size_t i = 0; i < kSortNames.size(); ++i) {
    if (form->value_of("sort") == kSortNames[i]) parsed.sort = static_cast<Sort>(i);
  }
  parsed.descending = form->value_of("order") == "desc";
  parsed.format = parse_format(form->value_of("format"));
  parsed.after = parse_cursor(parsed.sort, form->value_of("after"));
  return parsed;
}

std::string ListingQuery::text() const {
  std::string text = fmt::format("?sort={}&order={}", kSortNames[static_cast<std::size_t>(sort)],
                                 descending ? "desc" : "asc");
  if (format == Format::kJson) text += "&format=json";
  if (after) text += "&after=" + http::encode_form_value(cursor_text(sort, *after));
  return text;
}

bool ListingQuery::before(const ListingEntry& a, const ListingEntry& b) const {
  if (a.directory != b.directory) return a.directory;
  const std::int64_t x = sort_value(sort, a);
  const std::int64_t y = sort_value(sort, b);
  if (x != y) return descending ? x > y : x < y;
  return descending && sort == Sort::kName ? a.name > b.name : a.name < b.name;
}

}  // namespace pollux::site
