// Keys of clients. How many attempts there are for each is in accounts_test.cpp.
#include "accounts/attempts.h"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(ClientKey, IsTheAddressOrTheNetwork) {
  struct Case {
    std::string_view one;
    std::string_view other;
    bool same;
  };
  const Case cases[] = {
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"192.0.2.7", "::ffff:192.0.2.7", true},
      {"2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
      {"::1", "127.0.0.1", false},
      {"", "192.0.2.7", false},
      {"unix", "unix", true},
      {"unix", "other", false},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(client_key(row.one) == client_key(row.other), row.same) << row.one << " " << row.other;
  }
  EXPECT_EQ(client_key(""), "");
}

}  // namespace
}  // namespace pollux::accounts
