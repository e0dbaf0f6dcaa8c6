#include "status/visitors.h"

#include <gtest/gtest.h>

#include "base/buffer.h"
#include "http/request_parser.h"

namespace pollux::status {
namespace {

bool includes(const Visitors& visitors, const std::string& peer, const std::string& fields) {
  const http::ParserLimits limits;
  http::RequestParser parser(limits);
  Buffer in;
  in.append("GET /metrics HTTP/1.1\r\n" + fields + "\r\n");
  EXPECT_EQ(parser.parse(in), http::RequestParser::Result::kComplete) << fields;
  http::Request request = parser.request();
  request.peer = peer;
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

}  // namespace
}  // namespace pollux::status
