// The query of a directory listing: format, order, and the beginning of the page.
//
//   ?sort=name|size|time   &order=asc|desc   &format=html|json   &after=CURSOR
//
// An invalid value is ignored, and so is a query that is not in the format of a form.
//
// Directories come before files in every order. Entries of equal size or time are in the order of their
// names, which are compared octet by octet.
//
// The cursor is the last entry of the previous page: its kind, its size or time, and its name
// ("f1024.notes.txt"). It is a position in the order, so it stays valid when that entry changes or goes.
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
  std::optional<Format> format = {};       // std::nullopt: by Accept.
  std::optional<ListingEntry> after = {};  // Entries up to this one are on earlier pages.

  // `query`: of a request-target, without its '?'.
  [[nodiscard]] static ListingQuery parse(std::string_view query);

  // The same as a relative reference: "?sort=size&order=desc".
  [[nodiscard]] std::string text() const;

  // Whether `a` comes before `b`: a strict weak ordering.
  [[nodiscard]] bool before(const ListingEntry& a, const ListingEntry& b) const;
};

}  // namespace pollux::site
