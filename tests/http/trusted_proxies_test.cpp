#include "http/trusted_proxies.h"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

TEST(TrustedProxies, NameTheirClient) {
  const TrustedProxies proxies({IpNetwork::parse("10.0.0.0/8").value(), IpNetwork::parse("::1").value()});
  const struct {
    const char* forwarded_for;
    const char* client;
  } rows[] = {
      {"192.0.2.7", "192.0.2.7"},
      {"2001:db8::7", "2001:db8::7"},
      {"198.51.100.1, 192.0.2.7", "192.0.2.7"},  // The first one is what the client has said.
      {"198.51.100.1,192.0.2.7 ,\t10.0.0.2, ::1", "192.0.2.7"},
      {"10.0.0.3, 10.0.0.2", "10.0.0.3"},  // Nobody but proxies: the first to speak.
      {"", ""},
      {"unknown", ""},
      {"192.0.2.7, unknown", ""},
      {"192.0.2.7, ", ""},
      {"nonsense, 10.0.0.2", "10.0.0.2"},
      {"192.0.2.7:4711", ""},
  };
  for (const auto& row : rows)
    EXPECT_EQ(proxies.client_of(row.forwarded_for), row.client) << row.forwarded_for;
}

TEST(TrustedProxies, AreNobodyUnlessNamed) {
  EXPECT_FALSE(TrustedProxies({}).include("127.0.0.1"));
  const TrustedProxies proxies({IpNetwork::parse("127.0.0.1").value()});
  EXPECT_TRUE(proxies.include("127.0.0.1"));
  EXPECT_FALSE(proxies.include("127.0.0.2"));
  EXPECT_FALSE(proxies.include(""));
}

}  // namespace
}  // namespace pollux::http
