#include "base/base64.h"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(Base64, VectorsOfRfc4648) {
  const struct {
    const char* octets;
    const char* text;
  } table[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
               {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& row : table) {
    EXPECT_EQ(base64_encode(row.octets, Alphabet::kStandard), row.text);
    EXPECT_EQ(base64_decode(row.text, Alphabet::kStandard), row.octets);
  }
  EXPECT_EQ(base64_encode("\xfb\xff", Alphabet::kStandard), "+/8");
  EXPECT_EQ(base64_encode("\xfb\xff", Alphabet::kUrl), "-_8");
}

TEST(Base64, IsStrict) {
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "-_8", "Zm9vY"}) {
    EXPECT_EQ(base64_decode(text, Alphabet::kStandard), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace pollux
