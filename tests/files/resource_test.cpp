#include "files/resource.h"

#include <gtest/gtest.h>

#include <string>

#include "files/resource_loader.h"
#include "tests/files/temporary_site.h"

namespace pollux::files {
namespace {

constexpr TimePoint kLoaded{std::chrono::hours(1000)};

std::string tag_of(const TemporarySite& site, const std::string& name) {
  const auto resource = ResourceLoader(site.directory().string(), {}).load("/" + name, nullptr, kLoaded);
  EXPECT_EQ(resource->kind, Resource::Kind::kFile) << name;
  return resource->etag;
}

TEST(Resource, TheTagOfASmallFileIsThatOfItsOctets) {
  const struct {
    std::string octets;
    std::string tag;  // XXH3_64bits() of libxxhash
  } rows[] = {
      {"", "\"2d06800538d394c2-0\""},
      {"0123456789", "\"6de3431b05f7c11f-a\""},
      {std::string(FileVersion::kSnapshotLimit, 'x'), "\"11ea1c8ad3937333-100000\""},
  };
  const TemporarySite site;
  for (const auto& row : rows) {
    site.write("f", row.octets);
    EXPECT_EQ(tag_of(site, "f"), row.tag);
  }
}

TEST(Resource, OneTagDoesNotNameTwoContents) {
  for (const std::size_t size : {std::size_t{20}, std::size_t{FileVersion::kSnapshotLimit + 1}}) {
    const TemporarySite site;
    site.write("f", std::string(size, 'x'));
    site.set_date("f", 1000);
    const std::string first = tag_of(site, "f");
    EXPECT_EQ(tag_of(site, "f"), first);
    site.write("f", std::string(size, 'y'));
    site.set_date("f", 1000);
    const std::string rewritten = tag_of(site, "f");
    EXPECT_NE(rewritten, first) << size;
    site.replace("f", std::string(size, 'z'));
    site.set_date("f", 1000);
    const std::string replaced = tag_of(site, "f");
    EXPECT_NE(replaced, rewritten) << size;
    EXPECT_NE(replaced, first) << size;
  }
}

TEST(Resource, ASmallFileKeepsItsTagWhereverAndWheneverItIsWritten) {
  const TemporarySite one;
  const TemporarySite other;
  one.write("f", "the same");
  other.write("g", "the same");
  other.set_date("g", 1000);
  EXPECT_EQ(tag_of(one, "f"), tag_of(other, "g"));
}

}  // namespace
}  // namespace pollux::files
