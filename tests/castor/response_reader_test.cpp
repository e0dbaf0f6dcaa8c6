#include "castor/response_reader.h"

#include <gtest/gtest.h>

namespace pollux::castor {
namespace {

using Result = ResponseReader::Result;

struct ResponseCase {
  const char* name;
  HttpVersion version;
  const char* method;
  std::string octets;   // Then the connection ends,
  bool ended_by_close;  // and it was that which ended the response.
  int status;
  std::uint64_t content;
};

const ResponseCase kResponses[] = {
    {"a length", HttpVersion::k11, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, 5},
    {"chunks", HttpVersion::k11, "GET",
     "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", false, 404, 3},
    {"the end", HttpVersion::k11, "GET", "HTTP/1.1 200 OK\r\n\r\nhello", true, 200, 5},
    {"HEAD", HttpVersion::k11, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, 200, 0},
    {"bare", HttpVersion::k09, "GET", "<p>hello", true, 200, 8},
    {"bare, and looks like a version", HttpVersion::k09, "GET", "HTTP/2 is not HTTP/1.", true, 200, 21},
    {"bare, and begins like a status line", HttpVersion::k09, "GET", "HTTP/1.1 is fine", true, 200, 16},
    {"bare, and shorter than any head", HttpVersion::k09, "GET", "H", true, 200, 1},
    {"bare, and ends before one can tell", HttpVersion::k09, "GET", "HTTP/1.1 200", true, 200, 12},
    {"0.9 with a head", HttpVersion::k09, "GET", "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nhello", false,
     404, 5},
    {"0.9 with an interim head", HttpVersion::k09, "GET",
     "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, 5},
    {"0.9 with a head without a reason", HttpVersion::k09, "GET",
     "HTTP/1.1 404\r\nContent-Length: 5\r\n\r\nhello", false, 404, 5},
    {"0.9 with a head, until the end", HttpVersion::k09, "GET", "HTTP/1.0 500 No\r\n\r\nhello", true, 500, 5},
};

// Given in pieces of `at_once` octets: what became of it.
void check(const ResponseCase& test, std::size_t at_once) {
  Options options;
  options.version = test.version;
  ResponseReader reader(options);
  for (int round = 0; round < 2; ++round) {  // The second response on the connection is like the first.
    EXPECT_FALSE(reader.begun());
    reader.begin(test.method == std::string_view("HEAD"));
    Buffer in;
    Result result = Result::kNeedMore;
    for (std::size_t i = 0; i < test.octets.size(); i += at_once) {
      EXPECT_EQ(result, Result::kNeedMore) << test.name;
      in.append(std::string_view(test.octets).substr(i, at_once));
      result = reader.read(in);
      EXPECT_TRUE(reader.begun());
    }
    EXPECT_EQ(result, test.ended_by_close ? Result::kNeedMore : Result::kComplete) << test.name << at_once;
    if (test.ended_by_close) {
      EXPECT_EQ(reader.end_of_input(in), Result::kComplete) << test.name;
    }
    EXPECT_TRUE(in.empty());
    EXPECT_EQ(reader.status(), test.status) << test.name << at_once;
    EXPECT_EQ(reader.octets(), test.content) << test.name << at_once;
    reader.end();
  }
}

TEST(ResponseReader, Table) {
  for (const ResponseCase& test : kResponses) {
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{3}, test.octets.size()})
      check(test, at_once);
  }
}

TEST(ResponseReader, FaultsAndCutResponses) {
  struct Case {
    std::string octets;
    Result read;
    Result at_the_end;
  };
  const Case cases[] = {
      {"nonsense\r\n\r\n", Result::kError, Result::kError},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Result::kNeedMore, Result::kError},
      {"HTTP/1.1 200 OK\r\nContent-Le", Result::kNeedMore, Result::kError},
  };
  for (const auto& [octets, read, at_the_end] : cases) {
    ResponseReader reader{Options{}};
    reader.begin(false);
    Buffer in;
    in.append(octets);
    EXPECT_EQ(reader.read(in), read) << octets;
    EXPECT_EQ(reader.end_of_input(in), at_the_end) << octets;
  }
}

struct Understood {
  Result result;
  int status;
  std::uint64_t octets;
  bool keep_alive;
  std::size_t left;
  bool operator==(const Understood&) const = default;
};

Understood read_whole(ResponseReader& reader, bool head, const std::string& octets) {
  reader.begin(head);
  Buffer in;
  in.append(octets);
  const Result result = reader.read(in);
  const Understood understood{result, reader.status(), reader.octets(), reader.keep_alive(), in.size()};
  reader.end();
  return understood;
}

// A head that is the same as the one before is not parsed again: after any response, any other must be
// understood as if it were the first.
TEST(ResponseReader, WhatCameBeforeChangesNothing) {
  struct Response {
    bool head;
    std::string octets;
  };
  const Response responses[] = {
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
      {true, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell"},
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"},
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"},
      {false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"},
      {false, "HTTP/1.1 204 No Content\r\n\r\n"},
      {false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
      {false, "HTTP/1.1 103 Hints\r\n\r\n"},
      {false, "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
      {false, "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok"},
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
      {false, "HTTP/1.1 200 OK\r\n\r\nuntil the end"},
      {false, "HTTP/1.1 200 OK\r\nContent-Le"},
      {false, "HTTP/1.1 101 Switching\r\n\r\n"},
      {false, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
  };
  for (const Response& first : responses) {
    for (const Response& second : responses) {
      ResponseReader fresh{Options()};
      const Understood expected = read_whole(fresh, second.head, second.octets);
      ResponseReader reader{Options()};
      (void)read_whole(reader, first.head, first.octets);
      for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(read_whole(reader, second.head, second.octets), expected) << first.octets << "\n--- then\n"
                                                                            << second.octets;
      }
    }
  }
}

}  // namespace
}  // namespace pollux::castor
