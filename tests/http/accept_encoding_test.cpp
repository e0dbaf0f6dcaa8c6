// Accept-Encoding: each row a value, and what is chosen with all codings at hand, with gzip alone, and with
// none.
#include "http/accept_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux::http {
namespace {

using compress::Coding;
using compress::Codings;

constexpr Codings kAll = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

std::string_view chosen(std::string_view value, Codings available) {
  const auto coding = AcceptEncoding(value).choose(available);
  return coding ? name_of(*coding) : "none";
}

TEST(AcceptEncoding, Choices) {
  struct Case {
    std::string_view value;
    std::string_view of_all;
    std::string_view of_gzip;
    std::string_view of_none;
  };
  constexpr std::string_view kIdentity = "identity";
  constexpr Case kCases[] = {
      // What programs send.
      {"", kIdentity, kIdentity, kIdentity},                                   // ab, wrk
      {"gzip, deflate, br, zstd", "br", "gzip", kIdentity},                    // Chromium, Firefox
      {"gzip, deflate", "gzip", "gzip", kIdentity},                            // Browsers over plain HTTP
      {"deflate, gzip, br, zstd", "br", "gzip", kIdentity},                    // curl --compressed
      {"identity", kIdentity, kIdentity, kIdentity},                           // wget
      {"identity;q=1, *;q=0", kIdentity, kIdentity, kIdentity},                // A player of videos
      {"gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "gzip", "gzip", kIdentity},  // Ruby
      // RFC 9110 12.5.3, its examples.
      {"compress, gzip", "gzip", "gzip", kIdentity},
      {"*", "br", "gzip", kIdentity},
      {"compress;q=0.5, gzip;q=1.0", "gzip", "gzip", kIdentity},
      {"gzip;q=1.0, identity; q=0.5, *;q=0", "gzip", "gzip", kIdentity},
      // Weights.
      {"br;q=0.5, zstd;q=0.7, gzip;q=0.6", "zstd", "gzip", kIdentity},
      {"gzip;q=0.001", "gzip", "gzip", kIdentity},
      {"br;q=0.998, gzip;q=0.999", "gzip", "gzip", kIdentity},
      {"br;q=0.50, zstd;q=0.5, gzip;q=.5", "br", kIdentity, kIdentity},
      {"br;q=0., zstd;q=1.", "zstd", kIdentity, kIdentity},
      {"gzip;q=1.000", "gzip", "gzip", kIdentity},
      {"gzip \t; \tQ=1", "gzip", "gzip", kIdentity},
      // Ties: br, zstd, gzip, then identity.
      {"gzip, zstd", "zstd", "gzip", kIdentity},
      {"identity, gzip", "gzip", "gzip", kIdentity},
      {"identity;q=0.5, gzip;q=0.5", "gzip", "gzip", kIdentity},
      // Refusals.
      {"br;q=0, *", "zstd", "gzip", kIdentity},
      {"gzip;q=0", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0.000, br;q=0, zstd;q=0.0", kIdentity, kIdentity, kIdentity},
      {"*;q=0", "none", "none", "none"},
      {"identity;q=0", "none", "none", "none"},
      {"identity;q=0, gzip", "gzip", "gzip", "none"},
      {"identity;q=0, *", "br", "gzip", "none"},
      {"gzip, *;q=0", "gzip", "gzip", "none"},
      {"br, *;q=0", "br", "none", "none"},
      {"identity, *;q=0", kIdentity, kIdentity, kIdentity},
      // identity has a weight of its own, or that of "*", or comes last.
      {"identity;q=0.5, gzip;q=0.2", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0.2, *;q=0.5", "br", kIdentity, kIdentity},
      {"identity;q=0.1, *;q=0.5", "br", "gzip", kIdentity},
      // Names.
      {"GZip", "gzip", "gzip", kIdentity},
      {"x-gzip", "gzip", "gzip", kIdentity},
      {"BR", "br", kIdentity, kIdentity},
      {"Identity;q=0", "none", "none", "none"},
      {"brotli, zst, gz, deflate, compress", kIdentity, kIdentity, kIdentity},
      {"gzipp, xgzip, g, **", kIdentity, kIdentity, kIdentity},
      // Named several times: the lowest weight, in any order.
      {"gzip, gzip;q=0", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0, gzip", kIdentity, kIdentity, kIdentity},
      {"gzip, x-gzip;q=0", kIdentity, kIdentity, kIdentity},
      {"*, *;q=0", "none", "none", "none"},
      // Lists.
      {", ,gzip,\t, ", "gzip", "gzip", kIdentity},
      {",", kIdentity, kIdentity, kIdentity},
      {"br,zstd", "br", kIdentity, kIdentity},
      // What does not follow the grammar is not there.
      {"gzip;q=2", kIdentity, kIdentity, kIdentity},
      {"gzip;q=1.001", kIdentity, kIdentity, kIdentity},
      {"gzip;q=1.0000", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0.1234", kIdentity, kIdentity, kIdentity},
      {"gzip;q=-1", kIdentity, kIdentity, kIdentity},
      {"gzip;q=01", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0,5", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0x1", kIdentity, kIdentity, kIdentity},
      {"gzip;q=0. 5", kIdentity, kIdentity, kIdentity},
      {"gzip;q=NaN", kIdentity, kIdentity, kIdentity},
      {"gzip;q=\"1\"", kIdentity, kIdentity, kIdentity},
      {"gzip;q= 1", kIdentity, kIdentity, kIdentity},
      {"gzip;q =1", kIdentity, kIdentity, kIdentity},
      {"gzip;q=", kIdentity, kIdentity, kIdentity},
      {"gzip;q", kIdentity, kIdentity, kIdentity},
      {"gzip;", kIdentity, kIdentity, kIdentity},
      {";q=1", kIdentity, kIdentity, kIdentity},
      {"gzip;level=9", kIdentity, kIdentity, kIdentity},
      {"gzip;q=1;q=1", kIdentity, kIdentity, kIdentity},
      {"gzip br", kIdentity, kIdentity, kIdentity},
      {"identity;q=x", kIdentity, kIdentity, kIdentity},
      {"\xFF\x00gzip", kIdentity, kIdentity, kIdentity},
      {"br;q=9, gzip", "gzip", "gzip", kIdentity},
  };
  for (const Case& row : kCases) {
    EXPECT_EQ(chosen(row.value, kAll), row.of_all) << row.value;
    EXPECT_EQ(chosen(row.value, {Coding::kGzip}), row.of_gzip) << row.value;
    EXPECT_EQ(chosen(row.value, {}), row.of_none) << row.value;
  }
}

// As many elements as a head has room for: the last one counts like the first.
TEST(AcceptEncoding, ManyElements) {
  constexpr std::size_t kOctets = 8 * 1024;
  const std::string commas(kOctets, ',');
  EXPECT_EQ(chosen(commas, kAll), "identity");
  EXPECT_EQ(chosen(commas + "gzip", kAll), "gzip");
  std::string refusals = "br, ";
  while (refusals.size() < kOctets) refusals += "br;q=0,x,";
  EXPECT_EQ(chosen(refusals, kAll), "identity");
  EXPECT_EQ(chosen(std::string(kOctets, '"') + ",gzip", kAll), "gzip");
}

}  // namespace
}  // namespace pollux::http
