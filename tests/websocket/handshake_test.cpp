#include "websocket/handshake.h"

#include <gtest/gtest.h>

#include "base/buffer.h"
#include "http/request_parser.h"

namespace pollux::websocket {
namespace {

Handshake shake(const std::string& octets, const OriginPolicy& policy = {}, bool deflate = false,
                bool secure = false) {
  const http::ParserLimits limits;
  http::RequestParser parser(limits);
  Buffer in;
  in.append(octets);
  EXPECT_EQ(parser.parse(in), http::RequestParser::Result::kComplete) << octets;
  http::Request request = parser.request();
  request.secure = secure;
  return shake_hands(request, policy, deflate);
}

const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

std::string get(const std::string& fields) {
  return "GET /ws HTTP/1.1\r\nHost: a.test:8080\r\n" + fields + "\r\n";
}

TEST(Handshake, AcceptsTheExampleOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const Handshake done = shake(get(kUpgrade + kVersion + kKey));
  EXPECT_EQ(done.status, http::Status::kSwitchingProtocols);
  EXPECT_EQ(
      done.fields,
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
  EXPECT_FALSE(done.deflate);
}

TEST(Handshake, Table) {
  struct Case {
    std::string request;
    int status;
  };
  const auto with = [](const std::string& fields) { return get(fields + kVersion + kKey); };
  const Case cases[] = {
      {with("Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"), 101},
      {with("upgrade: h2c, websocket\r\nconnection: UPGRADE\r\n"), 101},
      {with("Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade\r\n"), 101},
      {with("Connection: Upgrade\r\n"), 426},
      {with("Upgrade: websocket\r\n"), 426},
      {with("Upgrade: websockets\r\nConnection: Upgrade\r\n"), 426},
      {"GET /ws HTTP/1.0\r\nHost: a\r\n" + kUpgrade + kVersion + kKey + "\r\n", 426},
      {"POST /ws HTTP/1.1\r\nHost: a\r\n" + kUpgrade + kVersion + kKey + "\r\n", 405},
      {get(kUpgrade + kKey), 426},
      {get(kUpgrade + "Sec-WebSocket-Version: 8\r\n" + kKey), 426},
      {get(kUpgrade + "Sec-WebSocket-Version: 8, 13\r\n" + kKey), 426},
      {get(kUpgrade + kVersion + kVersion + kKey), 426},
      {get(kUpgrade + kVersion), 400},
      {get(kUpgrade + kVersion + kKey + kKey), 400},
      {get(kUpgrade + kVersion + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"), 400},
      {get(kUpgrade + kVersion + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n"), 400},
      {get(kUpgrade + kVersion + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j*Q==\r\n"), 400},
      {get(kUpgrade + kVersion + "Sec-WebSocket-Key: \r\n"), 400},
  };
  for (const Case& row : cases) EXPECT_EQ(http::code(shake(row.request).status), row.status) << row.request;
  EXPECT_NE(shake(get(kUpgrade + kKey)).fields.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
}

TEST(Handshake, Origins) {
  const auto ours = [](std::string_view host) { return host == "a.test" || host == "::1"; };
  const OriginPolicy some{.any = false, .origins = {"https://b.test", "http://x.test"}, .is_ours = ours};
  const OriginPolicy any{.any = true, .origins = {}};
  const bool plain = false;
  const bool tls = true;
  struct Case {
    const OriginPolicy& policy;
    bool secure;
    std::string host;
    std::string origin;
    bool welcome;
  };
  const Case cases[] = {
      {some, plain, "a.test:8080", "http://a.test:8080", true},  // The site itself.
      {some, plain, "a.test:8080", "HTTP://A.test:8080", true},
      {some, tls, "a.test:8080", "https://a.test:8080", true},
      {some, plain, "[::1]:8080", "http://[::1]:8080", true},
      {some, plain, "a.test", "http://a.test", true},
      {some, plain, "a.test:80", "http://a.test", true},
      {some, tls, "a.test:443", "https://a.test", true},
      {some, plain, "a.test:8080", "https://b.test", true},
      {some, plain, "a.test:8080", "https://a.test:8080", false},  // Another scheme,
      {some, tls, "a.test:8080", "http://a.test:8080", false},
      {some, plain, "a.test:8080", "x://a.test:8080", false},
      {some, plain, "a.test:8080", "http://a.test:8081", false},  // port,
      {some, plain, "a.test:8080", "http://a.test", false},
      {some, plain, "a.test:443", "http://a.test", false},
      {some, plain, "a.test:8080", "http://c.test:8080", false},    // or host.
      {some, plain, "rebound.test", "http://rebound.test", false},  // A stranger's name that leads here.
      {some, plain, "x.test", "http://x.test", true},               // One that is named.
      {some, plain, "", "http://", false},
      {some, plain, "a.test:8080", "null", false},
      {some, plain, "a.test:8080", "", false},
      {some, plain, "a.test:8080", "a.test:8080", false},
      {some, plain, "a.test:8080", "https://b.test.evil", false},
      {OriginPolicy(), plain, "a.test", "http://a.test", false},
      {any, plain, "a.test:8080", "https://c.test", true},
  };
  for (const Case& row : cases) {
    const std::string request = "GET /ws HTTP/1.1\r\nHost: " + row.host + "\r\n" + kUpgrade + kVersion +
                                kKey + "Origin: " + row.origin + "\r\n\r\n";
    EXPECT_EQ(http::code(shake(request, row.policy, false, row.secure).status), row.welcome ? 101 : 403)
        << row.host << " " << row.origin;
  }
}

TEST(Handshake, AgreesOnCompressionWhenAsked) {
  const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
  const Handshake done = shake(get(kUpgrade + kVersion + kKey + offer), {}, true);
  ASSERT_TRUE(done.deflate);
  EXPECT_NE(done.fields.find("Sec-WebSocket-Extensions: permessage-deflate"), std::string::npos);
  EXPECT_FALSE(shake(get(kUpgrade + kVersion + kKey + offer), {}, false).deflate);
  EXPECT_FALSE(shake(get(kUpgrade + kVersion + kKey + "Sec-WebSocket-Extensions: x\r\n"), {}, true).deflate);
}

}  // namespace
}  // namespace pollux::websocket
