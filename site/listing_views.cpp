#include "site/listing_views.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/html.h"
#include "http/uri.h"
#include "log/escape.h"
#include "site/templates.h"

namespace pollux::site {

namespace {

using Column = std::pair<ListingQuery::Sort, std::string_view>;
constexpr std::array kColumns = {Column(ListingQuery::Sort::kName, "Name"),
                                 Column(ListingQuery::Sort::kSize, "Size"),
                                 Column(ListingQuery::Sort::kTime, "Modified (UTC)")};

// Each crumb is a link that climbs as many directories, so without a limit their size would grow
// quadratically.
constexpr std::size_t kMaxCrumbs = 32;

std::string html_of(std::string_view name) { return escape_html(log::printable(name)); }

std::string link_to(const ListingEntry& entry) {
  return "." + http::encode_path(entry.name) + (entry.directory ? "/" : "");
}

std::string timestamp(std::chrono::sys_seconds time) {
  constexpr std::time_t kFirst = -62'135'596'800;  // The year 1.
  constexpr std::time_t kLast = 253'402'300'799;   // The end of the year 9999.
  const std::time_t seconds = std::clamp<std::time_t>(time.time_since_epoch().count(), kFirst, kLast);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

// "2026-11-22 20:15"
std::string readable_time(std::string_view timestamp_text) {
  return fmt::format("{} {}", timestamp_text.substr(0, 10), timestamp_text.substr(11, 5));
}

// "586 B", "1.4 KiB", "35 MiB"
std::string readable_size(std::int64_t octets) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(octets);
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit > 0 && value < 9.95 ? 1 : 0, kUnits[unit]);
}

// The link to a directory this many levels up; 0: the listed one.
std::string crumb(std::size_t up, std::string_view name) {
  if (up == 0) return fmt::format("<b aria-current=\"page\">{}</b>", html_of(name));
  std::string link;
  for (std::size_t i = 0; i < up; ++i) link += "../";
  return fmt::format("<a href=\"{}\">{}</a>", link, html_of(name));
}

std::string crumbs(std::string_view path) {
  auto up = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) - 1;
  std::string html = crumb(up, "/");
  path.remove_prefix(1);
  while (up-- > 0) {
    const std::string_view name = path.substr(0, path.find('/') + 1);
    if (up < kMaxCrumbs) html += crumb(up, name);
    if (up == kMaxCrumbs) html += "\u2026/";
    path.remove_prefix(name.size());
  }
  return html;
}

// A column's name, as a link to the first page sorted by it; on a second click, in the other direction.
std::string head(const Column& column, ListingQuery query) {
  const bool sorted = query.sort == column.first;
  const std::string_view direction = query.descending ? "descending" : "ascending";
  const std::string mark = sorted ? fmt::format(" aria-sort=\"{}\"", direction) : "";
  query.descending = sorted && !query.descending;
  query.sort = column.first;
  query.after.reset();
  return fmt::format("<th scope=\"col\"{}><a href=\"{}\">{}</a></th>", mark, escape_html(query.text()),
                     column.second);
}

void append_row(std::string& rows, const ListingEntry& entry) {
  const std::string size =
      entry.directory ? ""
                      : fmt::format("<data value=\"{}\">{}</data>", entry.size, readable_size(entry.size));
  const std::string time = timestamp(entry.modified);
  fmt::format_to(
      std::back_inserter(rows),
      "<tr><td><a href=\"{}\">{}{}</a></td><td>{}</td><td><time datetime=\"{}\">{}</time></td></tr>\n",
      link_to(entry), html_of(entry.name), entry.directory ? "/" : "", size, time, readable_time(time));
}

// The query of the next page. REQUIRES: there is one, and this one is not empty.
ListingQuery next_page(ListingQuery query, const ListingPage& page) {
  query.after = page.entries.back();
  return query;
}

std::string notes(ListingQuery query, const ListingPage& page) {
  std::string html;
  if (page.entries.empty()) html += "<p>There is nothing here.</p>\n";
  if (page.incomplete) {
    html +=
        "<p>This list is incomplete: the directory has too many entries, or could not be read to its "
        "end.</p>\n";
  }
  if (!page.more && !query.after) return html;
  html += "<p>";
  if (page.more) {
    html +=
        fmt::format("<a rel=\"next\" href=\"{}\">Next page</a> ", escape_html(next_page(query, page).text()));
  }
  if (query.after) {
    query.after.reset();
    html += fmt::format("<a href=\"{}\">First page</a>", escape_html(query.text()));
  }
  return html + "</p>\n";
}

void append_object(std::string& json, const ListingEntry& entry) {
  fmt::format_to(std::back_inserter(json), "{{\"name\":{},\"href\":\"{}\",\"type\":\"{}\",",
                 log::json_string(entry.name), link_to(entry), entry.directory ? "directory" : "file");
  if (!entry.directory) fmt::format_to(std::back_inserter(json), "\"size\":{},", entry.size);
  fmt::format_to(std::back_inserter(json), "\"mtime\":\"{}\"}}", timestamp(entry.modified));
}

}  // namespace

std::string listing_html(std::string_view path, const ListingQuery& query, const ListingPage& page) {
  std::string heads;
  for (const Column& column : kColumns) heads += head(column, query);
  std::string rows;
  for (const ListingEntry& entry : page.entries) append_row(rows, entry);
  return fill_in(templates::kListing, {{"path", log::printable(path)},
                                       {"style", listing_style()},
                                       {"crumbs", crumbs(path)},
                                       {"heads", heads},
                                       {"rows", rows},
                                       {"notes", notes(query, page)}});
}

std::string listing_json(std::string_view path, const ListingQuery& query, const ListingPage& page) {
  std::string json = fmt::format("{{\"path\":{},\"entries\":[", log::json_string(path));
  std::string_view separator = "\n";
  for (const ListingEntry& entry : page.entries) {
    json += separator;
    append_object(json, entry);
    separator = ",\n";
  }
  json += "],\n";
  if (page.more) json += fmt::format("\"next\":\"{}\",", next_page(query, page).text());
  return json + fmt::format("\"incomplete\":{}}}\n", page.incomplete);
}

std::string_view listing_style() { return templates::kListingCss; }

}  // namespace pollux::site
