#include "site/listing_query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace pollux::site {
namespace {

TEST(ListingQuery, WhatMakesNoSenseIsIgnored) {
  struct Case {
    std::string query, text;
  };
  const std::string defaults = "?sort=name&order=asc";
  const Case cases[] = {
      {"", defaults},
      {"sort=size", "?sort=size&order=asc"},
      {"order=desc", "?sort=name&order=desc"},
      {"sort=time&order=desc&format=json", "?sort=time&order=desc&format=json"},
      {"sort=%6eame&order=%64esc", "?sort=name&order=desc"},
      {"sort=SIZE", defaults},
      {"sort=colour&order=up&format=xml&colour=red", defaults},
      {"sort=<script>&order=\"", defaults},
      {"sort=size&sort=time", "?sort=size&order=asc"},
      {"sort", defaults},
      {"format=html", defaults},  // HTML is what there is without it.
      {"sort=size&x=%", defaults},
      {"sort=size&x=%00", defaults},
      {std::string(8000, '&') + "sort=size", "?sort=size&order=asc"},
      {std::string(8000, '%'), defaults},
      {"after=f0.a", defaults + "&after=f0.a"},
      {"after=d0.a", defaults + "&after=d0.a"},
      {"after=f0.a.b%20%26%3d%ff%0a", defaults + "&after=f0.a.b%20%26%3D%FF%0A"},
      {"after=f0.", defaults + "&after=f0."},
      {"after=f7.a", defaults + "&after=f0.a"},  // By name, there is no number.
      {"sort=size&after=f7.a", "?sort=size&order=asc&after=f7.a"},
      {"sort=time&after=f-7.a", "?sort=time&order=asc&after=f-7.a"},
      {"sort=size&after=f99999999999999999999.a", "?sort=size&order=asc"},
      {"sort=size&after=f.a", "?sort=size&order=asc"},
      {"sort=size&after=f+7.a", "?sort=size&order=asc"},
      {"after=x0.a", defaults},
      {"after=f0", defaults},
      {"after=.", defaults},
      {"after=", defaults},
      {"after=" + std::string(4000, 'f'), defaults},
  };
  for (const Case& row : cases) EXPECT_EQ(ListingQuery::parse(row.query).text(), row.text) << row.query;
}

TEST(ListingQuery, ItsTextGivesTheSameQuery) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  const auto farthest =
      std::chrono::sys_seconds(std::chrono::seconds(std::numeric_limits<std::int64_t>::min()));
  for (const auto sort : {ListingQuery::Sort::kName, ListingQuery::Sort::kSize, ListingQuery::Sort::kTime}) {
    const ListingQuery query{.sort = sort,
                             .descending = true,
                             .format = ListingQuery::Format::kJson,
                             .after = ListingEntry{"a&b\n\xff+.txt", false, kLargest, farthest}};
    const std::string text = query.text();
    const ListingQuery again = ListingQuery::parse(text.substr(1));
    EXPECT_EQ(again.text(), text);
    ASSERT_TRUE(again.after);
    EXPECT_FALSE(query.before(*again.after, *query.after) || query.before(*query.after, *again.after))
        << text;
  }
}

TEST(ListingQuery, Order) {
  const auto at = [](int count) { return std::chrono::sys_seconds(std::chrono::seconds(count)); };
  const std::vector<ListingEntry> entries = {{"b", false, 10, at(1)},   {"a", false, 10, at(3)},
                                             {"\xff", false, 5, at(2)}, {"B", false, 70, at(2)},
                                             {"z", true, 0, at(9)},     {"d", true, 0, at(0)}};
  struct Case {
    std::string_view query, names;
  };
  const Case cases[] = {
      {"", "d z B a b \xff "},          {"order=desc", "z d \xff b a B "},
      {"sort=size", "d z \xff a b B "}, {"sort=size&order=desc", "d z B a b \xff "},
      {"sort=time", "d z b B \xff a "}, {"sort=time&order=desc", "z d a B \xff b "},
  };
  for (const Case& row : cases) {
    const ListingQuery query = ListingQuery::parse(row.query);
    std::vector<ListingEntry> sorted = entries;
    std::sort(sorted.begin(), sorted.end(),
              [&query](const ListingEntry& a, const ListingEntry& b) { return query.before(a, b); });
    std::string names;
    for (const ListingEntry& entry : sorted) names += entry.name + " ";
    EXPECT_EQ(names, row.names) << row.query;
  }
}

}  // namespace
}  // namespace pollux::site
