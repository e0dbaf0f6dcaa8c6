// The query of a directory listing: format, order, and where a page of it begins.
//
//   ?sort=name|size|time   &order=asc|desc   &format=html|json   &after=CURSOR
//
// A value that makes no sense counts as if it were not there, and so does a query that is no form at all.
//
// Directories stand before files, whatever the order. Entries that are equally large or old stand in the
// order of their names, which are compared octet by octet.
//
// The cursor is the last entry of the page before: what it is, its size or time, its name
// ("f1024.notes.txt"). It is a place in the order, so it stays good when that entry has changed or gone.
//
// Thread: values; any.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::site {

struct ListingEntry {
  std::string name;
  bool directory = false;
  std::int64_t size = 0;  // Octets; 0 for a directory.
  std::chrono::sys_seconds modified{};
};

struct ListingQuery {
  enum class Sort : std::uint8_t { kName, kSize, kTime };
  enum class Format : std::uint8_t { kHtml, kJson };

  Sort sort = Sort::kName;
  bool descending = false;
  std::optional<Format> format = {};       // std::nullopt: as Accept says.
  std::optional<ListingEntry> after = {};  // Entries up to this one are on earlier pages.

  // `query`: of a request-target, without its '?'.
  [[nodiscard]] static ListingQuery parse(std::string_view query);

  // The same as a relative reference: "?sort=size&order=desc".
  [[nodiscard]] std::string text() const;

  // Whether `a` stands before `b`: a strict weak ordering.
  [[nodiscard]] bool before(const ListingEntry& a, const ListingEntry& b) const;
};

}  // namespace pollux::site
