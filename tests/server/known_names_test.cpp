#include "server/sites/known_names.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace pollux::server {
namespace {

TEST(KnownNames, AreThoseNoStrangerCanHave) {
  const KnownNames names([](std::string_view host) { return host == "example.org"; });
  for (const char* host : {"127.0.0.1", "192.0.2.7", "::1", "2001:db8::1", "localhost", "LocalHost",
                           "localhost.", "app.localhost", "example.org", "example.org."}) {
    EXPECT_TRUE(names.include(host)) << host;
  }
  for (const char* host :
       {"", ".", "rebound.test", "notlocalhost", "localhost.test", "www.example.org", "127.0.0.1.test"})
    EXPECT_FALSE(names.include(host)) << host;
  std::array<char, 256> machine{};
  ASSERT_EQ(::gethostname(machine.data(), machine.size()), 0);
  EXPECT_TRUE(names.include(machine.data()));
}

}  // namespace
}  // namespace pollux::server
