#include "http/https_redirect.h"

#include <gtest/gtest.h>

#include "http/request_parser.h"
#include "tests/http/two_hosts.h"

namespace pollux::http {
namespace {

constexpr Now kRedirected{TimePoint(std::chrono::hours(1)), WallTime(std::chrono::seconds(784111777))};

bool ours(std::string_view host) { return host == "a.test" || host == "192.0.2.1" || host == "2001:db8::1"; }

TEST(HttpsRedirect, LeadsToTheSameAddressOfAHostThatIsOurs) {
  const struct {
    std::string_view request;
    std::string_view location;  // "": 421, Misdirected Request.
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test/"},
      {"GET /x/y?q=1&r HTTP/1.1\r\nHost: a.test:8080\r\n\r\n", "https://a.test/x/y?q=1&r"},
      {"POST /x? HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test/x?"},
      {"GET /%0d%0aX:%20y HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test/%0d%0aX:%20y"},
      {"GET //evil.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test//evil.test/"},
      {"GET /../../x HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test/../../x"},
      {"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test/"},
      {"GET /x HTTP/1.1\r\nHost: a.test.:8080\r\n\r\n", "https://a.test/x"},
      {"GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n", "https://192.0.2.1/"},
      {"GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n", "https://[2001:db8::1]/"},
      {"GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "https://[2001:db8::1]/"},
      {"GET http://a.test/x?y HTTP/1.1\r\nHost: other.test\r\n\r\n", "https://a.test/x?y"},
      {"GET http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n", "https://a.test/"},
      {"GET http://other.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\nHost: a.test.other.test\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\nHost: [2001:db8::2]\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", ""},
      {"GET / HTTP/1.0\r\n\r\n", ""},
  };
  const TwoHosts sites({});
  for (const std::uint16_t port : {std::uint16_t{443}, std::uint16_t{8443}}) {
    HttpsRedirect redirect(ours, sites.hosts());
    redirect.set_port(port);
    for (const auto& row : rows) {
      const ParserLimits limits;
      RequestParser parser(limits);
      Buffer in;
      in.append(row.request);
      ASSERT_EQ(parser.parse(in), RequestParser::Result::kComplete) << row.request;
      const Response response = redirect.answer(parser.request(), kRedirected);
      if (row.location.empty()) {
        EXPECT_EQ(response.status, Status::kMisdirectedRequest) << row.request;
        EXPECT_EQ(response.find_field("Location"), std::nullopt) << row.request;
        const auto* page = std::get_if<std::string>(&response.body);
        ASSERT_NE(page, nullptr);
        EXPECT_NE(page->find("no certificate for the name"), std::string::npos) << *page;
        continue;
      }
      std::string location(row.location);
      const std::size_t path = location.find('/', std::string("https://").size());
      if (port != 443) location.insert(path, ":8443");
      EXPECT_EQ(response.status, Status::kPermanentRedirect) << row.request;
      EXPECT_EQ(response.find_field("Location"), location);
    }
  }
}

TEST(HttpsRedirect, ARefusalIsThePageOfTheSiteThatWasAsked) {
  const TwoHosts sites({Status::kMisdirectedRequest});
  HttpsRedirect redirect(ours, sites.hosts());
  for (const char* host : {"other.test", "any.test"}) {
    Request request;
    request.uri.authority = host;
    const Response response = redirect.answer(request, kRedirected);
    EXPECT_EQ(response.status, Status::kMisdirectedRequest);
    EXPECT_EQ(TwoHosts::is_page(response), host == std::string("other.test")) << host;
  }
}

}  // namespace
}  // namespace pollux::http
