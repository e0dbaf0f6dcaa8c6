#include "client/response_parser.h"

#include <gtest/gtest.h>

#include <array>

namespace pollux::client {
namespace {

using Result = ResponseParser::Result;
using Fault = ResponseParser::Fault;

constexpr ResponseLimits kLimits{.headers = 200, .header_fields = 4, .body = 20};

const char* name_of(Fault fault) {
  constexpr std::array kNames = {"none",  "status line", "field",  "headers too large", "framing", "coding",
                                 "chunk", "too long",    "upgrade"};
  return kNames[static_cast<std::size_t>(fault)];
}

// What a stream of responses comes to: "200 keep [body]" each, then "more" or why it failed. The last
// `closes` says whether the connection ends after it.
std::string outcome(std::string_view octets, std::size_t step, bool head, bool closes) {
  ResponseParser parser(kLimits);
  HeaderFields fields;
  std::string body;
  std::string text;
  Buffer in;
  const auto begin = [&] {
    fields.clear();
    body.clear();
    parser.start(head, &fields, &body);
  };
  const auto note = [&] {
    text += std::to_string(parser.status()) + (parser.keep_alive() ? " keep" : " close");
    for (const HeaderField& field : fields) {
      if (field.name == "X") text += " {" + field.value + "}";
    }
    text += " [" + body + "]\n";
    EXPECT_EQ(parser.body_octets(), body.size());
  };
  begin();
  bool within = false;  // A response has begun.
  for (std::size_t at = 0; at < octets.size(); at += step) {
    in.append(octets.substr(at, step));
    while (!in.empty()) {
      within = true;
      const Result result = parser.parse(in);
      if (result == Result::kError) return text + name_of(parser.fault());
      if (result == Result::kNeedMore) break;
      note();
      begin();
      within = false;
    }
  }
  if (!closes) return text + (within ? "more" : "done");
  if (!within) return text + "end";
  if (parser.end_of_input() == Result::kError) return text + "short";
  note();
  return text + "end";
}

struct ResponseCase {
  const char* octets;
  const char* expected;
  bool head = false;
  bool closes = false;
};

const ResponseCase kResponseCases[] = {
    // Status line
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 keep []\ndone"},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 keep []\ndone"},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 keep []\ndone"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "200 close []\ndone"},
    {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", "200 keep []\ndone"},
    {"HTTP/1.9 200 OK\r\nContent-Length: 0\r\n\r\n", "200 keep []\ndone"},
    {"HTTP/2.0 200 OK\r\n", "status line"},
    {"HTTP/1.1  200 OK\r\n", "status line"},
    {"HTTP/1.1 20 OK\r\n", "status line"},
    {"HTTP/1.1 2000 OK\r\n", "status line"},
    {"HTTP/1.1 099 OK\r\n", "status line"},
    {"HTTP/1.1 600 No\r\nContent-Length: 1\r\n\r\na", "600 keep [a]\ndone"},  // RFC 9110 15: as 5xx.
    {"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", "999 keep []\ndone"},
    {"HTTP/1.1 2x0 OK\r\n", "status line"},
    {"HTTP/1.1 200 O\x01K\r\n", "status line"},
    {"HTTP/1.1 200 OK\n\r\n", "status line"},
    {"\r\nHTTP/1.1 200 OK\r\n", "status line"},
    {"<html>\r\n", "status line"},
    {"HTTP/1.1 200 OK", "more"},
    {"HTTP/1.1 200 OK", "short", false, true},
    // Fields
    {"HTTP/1.1 200 OK\r\nX: a b \r\nContent-Length: 0\r\n\r\n", "200 keep {a b} []\ndone"},
    {"HTTP/1.1 200 OK\r\nX : a\r\n", "field"},
    {"HTTP/1.1 200 OK\r\nX\r\n", "field"},
    // Folded fields
    {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", "200 keep {a b} []\ndone"},
    {"HTTP/1.1 200 OK\r\nX:\r\n\ta\r\n \tb\r\nContent-Length: 0\r\n\r\n", "200 keep {a \tb} []\ndone"},
    {"HTTP/1.1 200 OK\r\nX: a\r\n \r\nContent-Length: 0\r\n\r\n", "200 keep {a} []\ndone"},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n 1\r\n\r\na", "200 keep [a]\ndone"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "200 keep []\ndone"},
    {"HTTP/1.1 103 Hints\r\nX: n\r\n n\r\n\r\nHTTP/1.1 204 No\r\nX: a\r\n\r\n", "204 keep {a} []\ndone"},
    {"HTTP/1.1 200 OK\r\nX: a\r\n", "more"},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b", "more"},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b", "short", false, true},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b\x01\r\n\r\n", "field"},
    {"HTTP/1.1 200 OK\r\nX\r\n : a\r\n\r\n", "field"},
    {"HTTP/1.1 200 OK\r\nX\r\n a", "field"},  // However the octets are split.
    {"HTTP/1.1 200 OK\r\n X: a\r\n\r\n", "field"},
    {"HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n 3\r\n 4\r\n 5\r\n", "headers too large"},
    {"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n", "field"},
    {"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\n", "headers too large"},
    // Framing by length
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 keep [hello]\ndone"},
    {"HTTP/1.1 404 No\r\ncontent-length: 2\r\nConnection: close\r\n\r\nno", "404 close [no]\ndone"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "more"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "short", false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n", "too long"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "too long"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 204 No\r\n\r\n",
     "200 keep [a]\n204 keep []\ndone"},
    // Framing by chunks
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n",
     "200 keep [abcde]\ndone"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
     "200 keep []\n204 keep []\ndone"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "short", false, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "chunk"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "chunk"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n", "too long"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", "chunk"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "framing"},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "framing"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "coding"},
    // Framing by the end of the connection
    {"HTTP/1.1 200 OK\r\n\r\nhello", "more"},
    {"HTTP/1.1 200 OK\r\n\r\nhello", "200 close [hello]\nend", false, true},
    {"HTTP/1.1 200 OK\r\n\r\n", "200 close []\nend", false, true},
    {"HTTP/1.1 200 OK\r\n\r\n123456789012345678901", "too long"},
    // No body, whatever the fields say
    {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", "200 keep []\ndone", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 keep []\ndone", true},
    {"HTTP/1.1 200 OK\r\n\r\n", "200 keep []\ndone", true},
    {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", "204 keep []\ndone"},
    {"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", "304 keep []\ndone"},
    // Interim responses
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: n\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
     "1\r\n\r\na",
     "200 keep [a]\ndone"},
    {"HTTP/1.1 100 C\r\nContent-Length: 4\r\n\r\nHTTP/1.1 204 No\r\n\r\n", "204 keep []\ndone"},
    {"HTTP/1.1 101 Up\r\n\r\n", "upgrade"},
};

TEST(ResponseParser, Table) {
  for (const ResponseCase& test : kResponseCases) {
    for (const std::size_t step : {std::size_t{100'000}, std::size_t{1}, std::size_t{7}}) {
      EXPECT_EQ(outcome(test.octets, step, test.head, test.closes), test.expected)
          << test.octets << "\nin steps of " << step;
    }
  }
}

TEST(ResponseParser, EndlessHeadsAreBounded) {
  const std::string cases[] = {
      std::string(300, 'a'),
      "HTTP/1.1 200 OK\r\nX: " + std::string(100, 'a') + "\r\n " + std::string(200, 'a'),
      "HTTP/1.1 200 OK\r\nX: " + std::string(300, 'a'),
      [] {
        std::string interim;
        for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
        return interim;
      }(),
  };
  for (const std::string& octets : cases) {
    for (const std::size_t step : {octets.size(), std::size_t{1}}) {
      EXPECT_EQ(outcome(octets, step, false, false), "headers too large") << octets;
    }
  }
}

}  // namespace
}  // namespace pollux::client
