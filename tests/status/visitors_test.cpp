#include "status/visitors.h"

#include <gtest/gtest.h>

#include "base/buffer.h"
#include "http/request_parser.h"

namespace pollux::status {
namespace {

bool includes(const Visitors& visitors, const std::string& peer, const std::string& fields,
              bool forwarded = false, const std::string& version = "1.1") {
  const http::ParserLimits limits;
  http::RequestParser parser(limits);
  Buffer in;
  in.append("GET /metrics HTTP/" + version + "\r\n" + fields + "\r\n");
  EXPECT_EQ(parser.parse(in), http::RequestParser::Result::kComplete) << fields;
  http::Request request = parser.request();
  request.peer = peer;
  request.forwarded = forwarded;
  return visitors.include(request);
}

TEST(Visitors, Include) {
  const Visitors usual;
  const Visitors any{.any = true, .loopback = false, .addresses = {}};
  const Visitors listed{.any = false, .loopback = false, .addresses = {"192.0.2.7", "2001:db8::1"}};
  const std::string plain = "Host: 127.0.0.1:8080\r\n";
  struct Case {
    const Visitors& visitors;
    std::string peer;
    std::string fields;
    bool included;
  };
  const Case cases[] = {
      {usual, "127.0.0.1", plain, true},
      {usual, "127.8.9.1", plain, true},
      {usual, "::1", "Host: [::1]:8080\r\n", true},
      {usual, "::ffff:127.0.0.1", plain, true},
      {usual, "127.0.0.1", "Host: localhost\r\n", true},
      {usual, "127.0.0.1", "Host: LocalHost:80\r\n", true},
      {usual, "192.0.2.7", plain, false},
      {usual, "::2", plain, false},
      {usual, "127.0.0.1", plain + "X-Forwarded-For: 127.0.0.1\r\n", false},
      {usual, "127.0.0.1", plain + "Forwarded: for=127.0.0.1\r\n", false},
      {usual, "127.0.0.1", plain + "X-Forwarded-Host: a\r\n", false},
      {usual, "127.0.0.1", plain + "X-Forwarded-Proto: http\r\n", false},
      {usual, "127.0.0.1", plain + "X-Real-IP: 127.0.0.1\r\n", false},
      {usual, "127.0.0.1", plain + "Via: 1.1 a\r\n", false},
      {usual, "127.0.0.1", "Host: rebound.test\r\n", false},
      {usual, "127.0.0.1", "Host: localhost.evil.test\r\n", false},
      {any, "192.0.2.7", plain + "Forwarded: for=192.0.2.8\r\n", true},
      {any, "192.0.2.7", "Host: example.org\r\n", true},
      {listed, "192.0.2.7", "Host: example.org\r\n", true},
      {listed, "2001:db8::1", plain, true},
      {listed, "192.0.2.7", plain + "X-Forwarded-For: 192.0.2.7\r\n", false},
      {listed, "192.0.2.70", plain, false},
      {listed, "127.0.0.1", plain, false},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(includes(row.visitors, row.peer, row.fields), row.included) << row.peer << " " << row.fields;
  }
}

// nginx, for one, speaks HTTP/1.0 where nothing else is configured, and adds no field.
TEST(Visitors, OfAPlainProxyAreNotLocal) {
  const std::string host = "Host: 127.0.0.1:8080\r\n";
  const Visitors usual;
  const Visitors listed{.any = false, .loopback = false, .addresses = {"192.0.2.7"}};
  EXPECT_FALSE(includes(usual, "127.0.0.1", host + "Connection: close\r\n", false, "1.0"));
  EXPECT_TRUE(includes(listed, "192.0.2.7", host, false, "1.0"))
      << "a load balancer that looks whether we live";
}

// Written as an address, the loopback is protected as under its name.
TEST(Visitors, AnAddressOfTheLoopbackIsTheLoopback) {
  const Visitors home{.any = false, .loopback = false, .addresses = {"127.0.0.1"}};
  EXPECT_TRUE(includes(home, "127.0.0.1", "Host: localhost\r\n"));
  EXPECT_FALSE(includes(home, "127.0.0.2", "Host: localhost\r\n"));
  EXPECT_FALSE(includes(home, "127.0.0.1", "Host: 127.0.0.1\r\n", false, "1.0"));
  EXPECT_FALSE(includes(home, "127.0.0.1", "Host: rebound.test\r\n"));
}

TEST(Visitors, OfATrustedProxyCountByTheirAddress) {
  const std::string fields = "Host: example.org\r\nX-Forwarded-For: 192.0.2.7\r\n";
  const Visitors both{.any = false, .loopback = true, .addresses = {"192.0.2.7"}};
  EXPECT_TRUE(includes(both, "192.0.2.7", fields, true));
  EXPECT_FALSE(includes(both, "192.0.2.8", fields, true));
  EXPECT_FALSE(includes(both, "127.0.0.1", "Host: localhost\r\n", true))
      << "the proxy itself, of a client unnamed";
}

}  // namespace
}  // namespace pollux::status
