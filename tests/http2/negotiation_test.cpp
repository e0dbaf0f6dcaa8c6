#include "http2/negotiation.h"

#include <gtest/gtest.h>

#include <string>

#include "files/static_files.h"
#include "tests/temporary_directory.h"

namespace pollux::http2 {
namespace {

using Next = net::Protocol::Next;

class NegotiationTest : public ::testing::Test {
 protected:
  pollux::test::TemporaryDirectory directory_;
  files::FileCache cache_{files::ResourceLoader(directory_.path(), {.index = {"index.html"}}), {}};
  http::ErrorPages errors_;
  files::StaticFiles files_{cache_, errors_, 16};
  http::Router router_{files_};
  const http::Navigation navigation_{};
  const http::TrustedProxies proxies_{{}};
  std::atomic<bool> draining_{false};
  const http::Hosts hosts_{{.router = router_, .errors = errors_, .navigation = navigation_}};
  http::Service service_{.hosts = hosts_,
                         .limits = {},
                         .body_pace = {},
                         .proxies = proxies_,
                         .secure_fields = {},
                         .draining = draining_};
  SessionOptions options_;
};

class Agreed final : public net::ProtocolHost {
 public:
  explicit Agreed(std::string_view protocol) : protocol_(protocol) {}
  std::shared_ptr<net::Waker> waker() override { return nullptr; }
  void forget_waker() override {}
  [[nodiscard]] bool is_certified_for(std::string_view /*host*/) const override { return true; }
  [[nodiscard]] std::string_view application_protocol() const override { return protocol_; }
  [[nodiscard]] std::string_view tls_version() const override { return {}; }
  [[nodiscard]] std::string client() const override { return {}; }
  [[nodiscard]] bool stand_for(const net::SocketAddress& /*client*/) override { return true; }
  void begin_tls(std::unique_ptr<tls::Session> /*session*/) override {}
  [[nodiscard]] bool retired() const override { return false; }

 private:
  std::string_view protocol_;
};

TEST_F(NegotiationTest, GoesByTheFirstOctets) {
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const struct {
    std::string octets;
    bool decided;
    bool http2;
  } rows[] = {
      {"", false, false},
      {"P", false, false},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", false, false},
      {preface, true, true},
      {preface + "more", true, true},
      {"PRI * HTTP/2.0\r\n\r\nXX", true, false},
      {"POST / HTTP/1.1\r\n", true, false},
      {"\x16\x03\x01", true, false},
  };
  for (const auto& row : rows) {
    Negotiation negotiation(service_, options_, "192.0.2.7");
    Buffer in;
    in.append(row.octets);
    OutputQueue out;
    const Now now{};
    EXPECT_EQ(negotiation.on_input({in, out, false, now}).next, row.decided ? Next::kSwitch : Next::kContinue)
        << row.octets;
    EXPECT_EQ(in.readable(), row.octets);  // They are its successor's.
    if (!row.decided) continue;
    const auto successor = negotiation.successor();
    EXPECT_EQ(dynamic_cast<Session*>(successor.get()) != nullptr, row.http2) << row.octets;
  }
}

TEST_F(NegotiationTest, UnderTlsGoesByWhatWasAgreedOn) {
  service_.secure = true;
  for (const auto& [agreed, http2] : {std::pair("h2", true), {"http/1.1", false}, {"", false}}) {
    Agreed connection(agreed);
    Negotiation negotiation(service_, options_, "192.0.2.7");
    Buffer in;
    OutputQueue out;
    const Now now{};
    EXPECT_EQ(
        negotiation
            .on_input({.in = in, .out = out, .end_of_input = false, .now = now, .connection = &connection})
            .next,
        Next::kSwitch);
    const auto successor = negotiation.successor();
    EXPECT_EQ(dynamic_cast<Session*>(successor.get()) != nullptr, http2) << agreed;
  }
}

TEST_F(NegotiationTest, WhoNeverSaysAnythingIsAnsweredAsHttp1Does) {
  Negotiation negotiation(service_, options_, "192.0.2.7");
  Buffer in;
  in.append("PRI");
  OutputQueue out;
  const Now now{};
  negotiation.on_trouble({in, out, false, now}, net::Protocol::Trouble::kDeadline);
  std::string said(out.size(), '\0');
  (void)out.take(said);
  EXPECT_TRUE(said.starts_with("HTTP/1.1 408 ")) << said;
}

}  // namespace
}  // namespace pollux::http2
