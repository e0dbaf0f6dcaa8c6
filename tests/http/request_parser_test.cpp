#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace pollux::http {
namespace {

using Result = RequestParser::Result;

constexpr ParserLimits kLimits{.request_line = 64, .headers = 256, .header_fields = 6, .body = 20};

// What a stream of octets comes to: each request in one line, then how the stream ends.
// "GET /path?query keep|close {Host} [body]", then "more", "left N" or an error code.
std::string outcome(std::string_view octets, std::size_t step) {
  RequestParser parser(kLimits);
  Buffer in;
  std::string text;
  Result result = Result::kNeedMore;
  for (std::size_t at = 0; at < octets.size() && result != Result::kError; at += step) {
    in.append(octets.substr(at, step));
    for (;;) {
      result = parser.parse(in);
      if (result == Result::kHead) continue;
      if (result != Result::kComplete) break;
      const Request request = parser.request();
      text += std::string(request.method_name) + " " + std::string(request.uri.path);
      if (request.uri.has_query) text += "?" + std::string(request.uri.query);
      text += request.version == Version::k10 ? " 1.0" : " 1.1";
      text += parser.keep_alive() ? " keep" : " close";
      text += " {" + std::string(request.fields->find(FieldId::kHost).value_or("-")) + "}";
      text += " [" + std::string(request.body) + "]\n";
      parser.reset();
    }
  }
  if (result == Result::kError) return text + std::to_string(code(parser.error_status()));
  return text + (parser.in_head() ? "in head" : parser.in_body() ? "in body" : "more");
}

struct RequestCase {
  const char* section;  // Of RFC 9112, unless it says otherwise.
  std::string octets;
  std::string expected;
};

std::string with_host(const std::string& line, const std::string& fields = "", const std::string& body = "") {
  return line + "\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) {
  return with_host("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", body);
}

std::string length(const std::string& value, const std::string& body = "") {
  return with_host("POST / HTTP/1.1", "Content-Length: " + value + "\r\n", body);
}

const std::string kGet = "GET / 1.1 keep {a} []\n";
const std::string kPost = "POST / 1.1 keep {a} ";

const std::vector<RequestCase> kRequestCases = {
    // What can never become a request is refused at once
    {"TLS", std::string("\x16\x03\x01\x02\0", 5), "400"},
    {"SSL 2", "\x80\x2E\x01", "400"},
    {"SOCKS4", std::string("\x04\x01\0\x50", 4), "400"},
    {"SOCKS5", "\x05\x01", "400"},
    {"3", " ", "400"},
    {"2.2", "\r\n\x16", "400"},
    {"2.2", "\rG", "400"},
    {"2.2", "GET / HTTP/1.1\rX", "400"},
    {"2.2", "GET / HTTP/1.1\r\r", "400"},
    {"2.2", "GET / HTTP/1.1\r", "more"},
    {"2.2", "GET / HTTP/1.1\r\nHost: a\rb", "400"},
    {"2.2", "GET / HTTP/1.1\r\nHost: a\r", "in head"},
    {"limit", "GET /\r" + std::string(64, 'x') + "\r\n", "400"},

    // Request line
    {"3", with_host("GET / HTTP/1.1"), kGet + "more"},
    {"3", with_host("GET /a%20b?c=d HTTP/1.1"), "GET /a%20b?c=d 1.1 keep {a} []\nmore"},
    {"3.1", with_host("get / HTTP/1.1"), "get / 1.1 keep {a} []\nmore"},
    {"3.1", with_host("M-X!#$%&'*+.^_`|~ / HTTP/1.1"), "M-X!#$%&'*+.^_`|~ / 1.1 keep {a} []\nmore"},
    {"3.1", with_host("G(T / HTTP/1.1"), "400"},
    {"3", with_host("GET  / HTTP/1.1"), "400"},
    {"3", with_host("GET /  HTTP/1.1"), "400"},
    {"3", with_host("GET\t/ HTTP/1.1"), "400"},
    {"3", with_host("GET / HTTP/1.1 "), "400"},
    {"3", with_host(" GET / HTTP/1.1"), "400"},
    {"3", with_host("GET /"), "400"},
    {"3", with_host("GET"), "400"},
    {"3", with_host("GET / a HTTP/1.1"), "400"},
    {"3", with_host("GET /\x01 HTTP/1.1"), "400"},
    {"3", with_host("GET /\xC3\xA4 HTTP/1.1"), "400"},
    {"3", with_host("GET /#top HTTP/1.1"), "400"},
    {"3", with_host("GET " + std::string(1, '\0') + " HTTP/1.1"), "400"},
    {"2.2", "\r\n\r\n" + with_host("GET / HTTP/1.1"), kGet + "more"},
    {"2.2", "\r\n\r\n\r\n\r\n\r\n\r\n" + with_host("GET / HTTP/1.1"), "400"},
    {"2.2", "\n" + with_host("GET / HTTP/1.1"), "400"},
    {"2.2", "GET / HTTP/1.1\nHost: a\n\n", "400"},
    {"2.2", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400"},
    {"2.2", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400"},
    {"2.2", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "400"},
    {"3", with_host("GET /" + std::string(49, 'x') + " HTTP/1.1"),
     "GET /" + std::string(49, 'x') + " 1.1 keep {a} []\nmore"},
    {"3", with_host("GET /" + std::string(50, 'x') + " HTTP/1.1"),
     "GET /" + std::string(50, 'x') + " 1.1 keep {a} []\nmore"},
    {"3", with_host("GET /" + std::string(51, 'x') + " HTTP/1.1"), "414"},
    {"3", std::string(300, 'G'), "414"},
    // Versions
    {"2.3", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close {-} []\nmore"},
    {"9110 2.5", with_host("GET / HTTP/1.9"), kGet + "more"},
    {"2.3", with_host("GET / HTTP/2.0"), "505"},
    {"2.3", with_host("GET / HTTP/0.9"), "505"},
    {"2.3", with_host("GET / HTTP/11.1"), "400"},
    {"2.3", with_host("GET / HTTP/1.10"), "400"},
    {"2.3", with_host("GET / HTTP/1."), "400"},
    {"2.3", with_host("GET / http/1.1"), "400"},
    {"2.3", with_host("GET / HTTP/1,1"), "400"},
    {"2.3", with_host("GET / HTTP/+.1"), "400"},
    // Targets
    {"3.2.2", with_host("GET http://b/c?d HTTP/1.1"), "GET /c?d 1.1 keep {a} []\nmore"},
    {"3.2.2", with_host("GET http://b HTTP/1.1"), "GET / 1.1 keep {a} []\nmore"},
    {"3.2.2", with_host("GET ftp://b/ HTTP/1.1"), "400"},
    {"3.2.3", with_host("CONNECT b:80 HTTP/1.1"), "CONNECT  1.1 keep {a} []\nmore"},
    {"3.2.3", with_host("CONNECT /b HTTP/1.1"), "400"},
    {"3.2.3", with_host("GET b:80 HTTP/1.1"), "400"},
    {"3.2.4", with_host("OPTIONS * HTTP/1.1"), "OPTIONS  1.1 keep {a} []\nmore"},
    {"3.2.4", with_host("GET * HTTP/1.1"), "400"},
    // Host
    {"3.2", "GET / HTTP/1.1\r\n\r\n", "400"},
    {"3.2", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1.1 keep {} []\nmore"},
    {"3.2", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
    {"3.2", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
    {"3.2", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
    {"3.2", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "400"},
    {"3.2", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", "400"},
    {"3.2", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / 1.1 keep {[::1]:80} []\nmore"},
    {"3.2", "GET http://b/ HTTP/1.1\r\n\r\n", "400"},
    // Fields
    {"5", with_host("GET / HTTP/1.1", "X:\r\n"), kGet + "more"},
    {"5", with_host("GET / HTTP/1.1", "X: \t a b \t\r\n"), kGet + "more"},
    {"5", "GET / HTTP/1.1\r\nhOsT:\ta\t\r\n\r\n", kGet + "more"},
    {"5.1", with_host("GET / HTTP/1.1", "X : a\r\n"), "400"},
    {"5.1", with_host("GET / HTTP/1.1", "X\t: a\r\n"), "400"},
    {"5", with_host("GET / HTTP/1.1", ": a\r\n"), "400"},
    {"5", with_host("GET / HTTP/1.1", "X\r\n"), "400"},
    {"5", with_host("GET / HTTP/1.1", "X Y: a\r\n"), "400"},
    {"5", with_host("GET / HTTP/1.1", "X\xE4: a\r\n"), "400"},
    {"5.2", with_host("GET / HTTP/1.1", "X: a\r\n b\r\n"), "400"},
    {"5.2", with_host("GET / HTTP/1.1", "X: a\r\n\tb\r\n"), "400"},
    {"2.2", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
    {"9110 5.5", with_host("GET / HTTP/1.1", "X: a\x7F\r\n"), "400"},
    {"9110 5.5", with_host("GET / HTTP/1.1", "X: " + std::string(1, '\0') + "\r\n"), "400"},
    {"9110 5.5", with_host("GET / HTTP/1.1", "X: \xE4\xFF\r\n"), kGet + "more"},
    {"limit", with_host("GET / HTTP/1.1", "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n"), kGet + "more"},
    {"limit", with_host("GET / HTTP/1.1", "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\n"), "431"},
    {"limit", with_host("GET / HTTP/1.1", "A: " + std::string(242, 'x') + "\r\n"), kGet + "more"},
    {"limit", with_host("GET / HTTP/1.1", "A: " + std::string(245, 'x') + "\r\n"), "431"},
    {"limit", with_host("GET / HTTP/1.1", std::string(5000, 'x')), "431"},
    // Persistence
    {"9.3", with_host("GET / HTTP/1.1", "Connection: close\r\n"), "GET / 1.1 close {a} []\nmore"},
    {"9.3", with_host("GET / HTTP/1.1", "Connection: foo, CLOSE ,bar\r\n"), "GET / 1.1 close {a} []\nmore"},
    {"9.3", with_host("GET / HTTP/1.1", "Connection: foo\r\nConnection: close\r\n"),
     "GET / 1.1 close {a} []\nmore"},
    {"9.3", with_host("GET / HTTP/1.1", "Connection: closer\r\n"), kGet + "more"},
    {"9.3", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 keep {-} []\nmore"},
    {"9.3", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / 1.0 close {-} []\nmore"},
    {"9.3.2", with_host("GET /1 HTTP/1.1") + with_host("GET /2 HTTP/1.1") + "GET",
     "GET /1 1.1 keep {a} []\nGET /2 1.1 keep {a} []\nmore"},
    {"2", "GET / HTTP/1.1\r\nHo", "in head"},
    // Content-Length
    {"6.2", length("5", "12345"), kPost + "[12345]\nmore"},
    {"6.2", length("5", "1234"), "in body"},
    {"6.2", length("5", "12345" + with_host("GET / HTTP/1.1")), kPost + "[12345]\n" + kGet + "more"},
    {"6.2", length("0"), kPost + "[]\nmore"},
    {"6.2", length("005", "12345"), kPost + "[12345]\nmore"},
    {"6.2", length("+5"), "400"},
    {"6.2", length("-5"), "400"},
    {"6.2", length("5 5"), "400"},
    {"6.2", length("0x5"), "400"},
    {"6.2", length("5a"), "400"},
    {"6.2", length(""), "400"},
    {"6.3", length("5, 5"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Content-Length: 5\r\nContent-Length: 5\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Content-Length: 5\r\nContent-Length: 6\r\n"), "400"},
    {"limit", length("20", std::string(20, 'x')), kPost + "[" + std::string(20, 'x') + "]\nmore"},
    {"limit", length("21"), "413"},
    {"limit", length("18446744073709551616"), "413"},
    {"limit", length("99999999999999999999999999"), "413"},
    // Transfer-Encoding
    {"6.1", chunked("3\r\nabc\r\n0\r\n\r\n"), kPost + "[abc]\nmore"},
    {"7.1", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" + with_host("GET / HTTP/1.1")),
     kPost + "[abcde]\n" + kGet + "more"},
    {"7.1", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
     kPost + "[01234567890123456789]\nmore"},
    {"7.1", chunked("00000000000000000003\r\nabc\r\n000\r\n\r\n"), kPost + "[abc]\nmore"},
    {"7.1.1", chunked("3;x\r\nabc\r\n0;y=z\r\n\r\n"), kPost + "[abc]\nmore"},
    {"7.1.1", chunked("3 ; x = \"y\"\r\nabc\r\n0\r\n\r\n"), kPost + "[abc]\nmore"},
    {"7.1.1", chunked("3;x;y=\"a;\\\"\t\xC3\";z=1\r\nabc\r\n0\t;\tx\r\n\r\n"), kPost + "[abc]\nmore"},
    {"7.1.1", chunked("3;\x01\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;;x\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x;\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;=y\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x=\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x y\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x=y z\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x \r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x=\"y\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x=\"y\\\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x=\"y\"z\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.1", chunked("3;x[=y\r\nabc\r\n0\r\n\r\n"), "400"},
    {"2.2", chunked("3\rX"), "400"},
    {"2.2", chunked("0\r\nX: y\rZ"), "400"},
    {"7.1.1", chunked("3;" + std::string(257, 'x') + "\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1.2", chunked("0\r\nX: y\r\nZ: w\r\n\r\n"), kPost + "[]\nmore"},
    {"7.1.2", chunked("0\r\nX : y\r\n\r\n"), "400"},
    {"7.1.2", chunked("0\r\n" + std::string(300, 'x')), "431"},
    {"7.1", chunked("3 \r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked(" 3\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("3\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("3\r\nabcd\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("3\r\nabc\n0\r\n\r\n"), "400"},
    {"7.1", chunked("3\r\nabc\rX0\r\n\r\n"), "400"},
    {"7.1", chunked("0x3\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("+3\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked(";x\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("g\r\nabc\r\n0\r\n\r\n"), "400"},
    {"7.1", chunked("10000000000000000\r\n"), "400"},
    {"7.1", chunked("FFFFFFFFFFFFFFFF\r\n"), "413"},
    {"limit", chunked("A\r\n0123456789\r\nB\r\n01234567890\r\n0\r\n\r\n"), "413"},
    {"7.1", chunked("0\r\n"), "in body"},
    {"6.1", with_host("POST / HTTP/1.1", "Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), kPost + "[]\nmore"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "400"},
    {"6.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
    {"6.1", with_host("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n"), "501"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding: chunked, gzip\r\n"), "400"},
    {"6.1", with_host("POST / HTTP/1.1", "Transfer-Encoding: chunked, chunked\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding: identity\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding:\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding: xchunked\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding: chunked;q=1\r\n"), "400"},
    {"6.3", with_host("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
     "400"},
};

TEST(RequestParser, UnderstandsWholeStreams) {
  for (const RequestCase& c : kRequestCases) {
    EXPECT_EQ(outcome(c.octets, c.octets.size()), c.expected) << "section " << c.section << "\n" << c.octets;
  }
}

TEST(RequestParser, UnderstandsTheSameInPiecesOfAnySize) {
  for (const RequestCase& c : kRequestCases) {
    for (std::size_t step = 1; step < c.octets.size() && step < 40; ++step) {
      ASSERT_EQ(outcome(c.octets, step), c.expected)
          << "section " << c.section << ", " << step << " at once\n"
          << c.octets;
    }
  }
}

TEST(RequestParser, FindsFieldsByNameInAnyCaseAndJoinsRepeatedOnes) {
  const ParserLimits limits;
  RequestParser parser(limits);
  Buffer in;
  in.append(
      "GET / HTTP/1.1\r\nHOST: h\r\nif-none-match: \"a\"\r\nX: y\r\nIf-None-Match: \"b\"\r\nrange: "
      "bytes=0-1\r\n\r\n");
  ASSERT_EQ(parser.parse(in), Result::kComplete);
  const Request request = parser.request();
  std::string storage;
  EXPECT_EQ(request.fields->find(FieldId::kHost), "h");
  EXPECT_EQ(request.fields->find_list(FieldId::kIfNoneMatch, storage), "\"a\", \"b\"");
  EXPECT_TRUE(request.fields->repeated(FieldId::kIfNoneMatch));
  EXPECT_EQ(request.fields->find_list(FieldId::kRange, storage), "bytes=0-1");
  EXPECT_EQ(request.fields->find(FieldId::kIfMatch), std::nullopt);
  in.consume(in.size());
  parser.reset();
  in.append("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(parser.parse(in), Result::kComplete);
  EXPECT_FALSE(parser.request().fields->has(FieldId::kHost));
}

TEST(RequestParser, ABodyNobodyWantsIsCountedAndNotKept) {
  const ParserLimits limits;
  RequestParser parser(limits);
  Buffer in;
  in.append(chunked("3\r\nabc\r\n"));
  ASSERT_EQ(parser.parse(in), Result::kHead);
  EXPECT_EQ(parser.request().method, Method::kPost);
  parser.discard_body();
  ASSERT_EQ(parser.parse(in), Result::kNeedMore);
  EXPECT_EQ(parser.body_received(), 3U);
  in.append("0\r\n\r\n");
  ASSERT_EQ(parser.parse(in), Result::kComplete);
  EXPECT_EQ(parser.request().body, "");
  EXPECT_EQ(parser.request().uri.path, "/");  // The head was moved aside and is still good.
}

// Until it needs more, is complete or fails; what limit_body() says stands in the text.
std::string outcome_within(std::uint64_t limit, std::string_view octets, std::size_t step) {
  RequestParser parser(kLimits);
  Buffer in;
  std::string text;
  for (std::size_t at = 0; at < octets.size(); at += step) {
    in.append(octets.substr(at, step));
    Result result = parser.parse(in);
    if (result == Result::kHead) {
      if (!parser.limit_body(limit))
        text += "refused at the head: " + std::to_string(code(parser.error_status())) + " ";
      result = parser.parse(in);
    }
    if (result == Result::kError) return text + std::to_string(code(parser.error_status()));
    if (result == Result::kComplete) return text + std::string(parser.request().body);
  }
  return text + "more";
}

TEST(RequestParser, ABodyIsBoundedByWhatItsHandlerTakes) {
  const struct {
    const char* name;
    std::uint64_t limit;
    std::string octets;
    std::string expected;
  } rows[] = {
      {"as long as it may be", 5, length("5", "12345"), "12345"},
      {"longer, and none of it has come", 5, length("6"), "refused at the head: 413 413"},
      {"longer, and all is there", 5, length("6", "123456"), "refused at the head: 413 413"},
      {"no body is taken", 0, length("1", "1"), "refused at the head: 413 413"},
      {"a limit above that of all bodies", 1000, length("20", std::string(20, 'x')), std::string(20, 'x')},
      {"the same in chunks", 1000, chunked("15\r\n"), "413"},
      {"chunks of just as much", 5, chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "abcde"},
      {"chunks of more", 5, chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"), "413"},
      {"one chunk of more", 5, chunked("6\r\n"), "413"},
      {"no chunk at all", 0, chunked("0\r\n\r\n"), ""},
  };
  for (const auto& row : rows) {
    for (std::size_t step = 1; step <= row.octets.size(); ++step) {
      ASSERT_EQ(outcome_within(row.limit, row.octets, step), row.expected)
          << row.name << ", " << step << " at once";
    }
  }
}

TEST(RequestParser, TheNextRequestHasTheLimitOfAllAgain) {
  RequestParser parser(kLimits);
  Buffer in;
  in.append(length("5", "12345") + length("20", std::string(20, 'x')));
  ASSERT_EQ(parser.parse(in), Result::kHead);
  ASSERT_TRUE(parser.limit_body(5));
  ASSERT_EQ(parser.parse(in), Result::kComplete);
  parser.reset();
  ASSERT_EQ(parser.parse(in), Result::kHead);
  ASSERT_EQ(parser.parse(in), Result::kComplete);
  EXPECT_EQ(parser.request().body, std::string(20, 'x'));
}

TEST(RequestParser, ABodyTakesTheMemoryOfWhatHasCome) {
  constexpr std::size_t kMi = 1024 * 1024;
  const ParserLimits limits{.body = 64 * kMi};
  const struct {
    const char* name;
    std::string head;
    std::size_t received;
    std::size_t max;  // Bytes.
  } rows[] = {
      {"announced, and nothing has come", length(std::to_string(64 * kMi)), 0, 1024},
      {"a little has come", length(std::to_string(64 * kMi)), 1000, 2048},
      {"a part has come", length(std::to_string(64 * kMi)), 3 * kMi, 15 * kMi / 4 + 1024},
      {"all has come", length(std::to_string(3 * kMi)), 3 * kMi, 15 * kMi / 4 + 1024},
      {"a chunk is announced", chunked("3000000\r\n"), 0, 1024},
      {"a part of it has come", chunked("3000000\r\n"), 3 * kMi, 15 * kMi / 4 + 1024},
  };
  for (const auto& row : rows) {
    for (const std::size_t step : {1460U, 64U * 1024}) {
      RequestParser parser(limits);
      Buffer in;
      in.append(row.head);
      ASSERT_EQ(parser.parse(in), Result::kHead) << row.name;
      for (std::size_t received = 0; received < row.received; received += step) {
        in.append(std::string(std::min(step, row.received - received), 'x'));
        (void)parser.parse(in);
      }
      EXPECT_EQ(parser.body_received(), row.received) << row.name;
      EXPECT_LE(parser.memory(), row.max) << row.name << ", " << step << " at once";
      EXPECT_GE(parser.memory(), row.received) << row.name;
      parser.reset();
      EXPECT_LE(parser.memory(), Buffer::kSmall + 1024) << row.name;
    }
  }
}

}  // namespace
}  // namespace pollux::http
