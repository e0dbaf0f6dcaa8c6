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

TEST(TrustedProxies, NameTheirClientInForwarded) {
  const TrustedProxies proxies({IpNetwork::parse("10.0.0.0/8").value()});
  const struct {
    const char* forwarded;
    const char* client;
    const char* scheme = "";
  } rows[] = {
      {"for=192.0.2.7", "192.0.2.7"},
      {"For=192.0.2.7;Proto=https;by=10.0.0.1;host=example.org", "192.0.2.7", "https"},
      {R"(for="192.0.2.7:4711";proto="http")", "192.0.2.7", "http"},
      {R"(for="[2001:db8::7]";proto=https)", "2001:db8::7", "https"},
      {R"(for="[2001:db8::7]:4711")", "2001:db8::7"},
      {"for=198.51.100.1;proto=https, for=192.0.2.7;proto=http", "192.0.2.7", "http"},
      {"for=192.0.2.7;proto=https, for=10.0.0.2;proto=http", "192.0.2.7",
       "https"},  // As the outer one saw it.
      {"for=192.0.2.7, for=10.0.0.2;proto=https", "192.0.2.7", "https"},
      {"for=10.0.0.3, for=10.0.0.2", "10.0.0.3"},
      {"for=unknown;proto=https", "", "https"},
      {"for=192.0.2.7, for=_hidden", ""},
      {"for=192.0.2.7, proto=https", "", "https"},
      {"proto=https", "", "https"},
      {"", ""},
      {"nonsense", ""},
      {"nonsense, for=192.0.2.7", "192.0.2.7"},
      // What a client has begun with changes nothing of what proxies append.
      {R"(for="198.51.100.1, for=192.0.2.7;proto=http)", "192.0.2.7", "http"},
      {R"(for=198.51.100.1;x="\, for=192.0.2.7)", "192.0.2.7"},
      {R"(for=198.51.100.1;x=", for=10.0.0.2)", "10.0.0.2"},
      {R"(for="192.0.2.7)", ""},
      {R"(for=192.0.2.7;x="\"")", ""},
      {R"(x=",";for=192.0.2.7)", "192.0.2.7"},
      {R"(x=";";for=192.0.2.7)", "192.0.2.7"},
  };
  for (const auto& row : rows) {
    const ForwardedElement said = proxies.read_forwarded(row.forwarded);
    EXPECT_EQ(said.client, row.client) << row.forwarded;
    EXPECT_EQ(said.scheme, row.scheme) << row.forwarded;
  }
}

TEST(TrustedProxies, CanBeAllClientsOfUnixSockets) {
  EXPECT_TRUE(TrustedProxies({}, true).include(kUnixClient));
  EXPECT_FALSE(TrustedProxies({}, true).include("127.0.0.1"));
  EXPECT_FALSE(TrustedProxies({IpNetwork::parse("::/0").value()}).include(kUnixClient));
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
