#include <string>
#include <vector>

#include "check.h"

namespace {

using Result = ChunkReader::Result;

const std::string kBody = "5\r\nhello\r\n7;x=1\r\n, world\r\n0\r\n\r\n";
const std::string kNext = "GET / HTTP/1.1\r\n";

struct Outcome {
  Result result = Result::kNeedMore;
  std::size_t pieces = 0;  // Read until there was a result.
  std::string content;
  std::string left;
};

// Octets arrive in pieces of this size.
Outcome read_in_pieces(const std::string& octets, std::size_t size) {
  Outcome outcome;
  ChunkReader reader;
  for (std::size_t at = 0; at < octets.size() && outcome.result == Result::kNeedMore; at += size) {
    outcome.left += octets.substr(at, size);
    outcome.result = reader.read(outcome.left, outcome.content);
    ++outcome.pieces;
  }
  return outcome;
}

void takes_pieces_of(std::size_t size) {
  const Outcome outcome = read_in_pieces(kBody, size);
  CHECK(outcome.result == Result::kComplete);
  CHECK_EQ(outcome.content, std::string("hello, world"));
  CHECK_EQ(outcome.left, std::string());
}

void leaves_the_next_request() {
  const Outcome outcome = read_in_pieces(kBody + kNext, kBody.size() + kNext.size());
  CHECK(outcome.result == Result::kComplete);
  CHECK_EQ(outcome.left, kNext);
}

void gives_content_as_it_comes() {
  ChunkReader reader;
  std::string in = "ff\r\nthe beginning";
  std::string content;
  CHECK(reader.read(in, content) == Result::kNeedMore);
  CHECK_EQ(content, std::string("the beginning"));
}

void takes_a_crlf_in_the_content() {
  const std::string body = "6\r\na\r\n0\r\n\r\n0\r\n\r\n";
  for (std::size_t size = 1; size <= body.size(); ++size) {
    const Outcome outcome = read_in_pieces(body, size);
    CHECK(outcome.result == Result::kComplete);
    CHECK_EQ(outcome.content, std::string("a\r\n0\r\n"));
  }
}

void says_at_once_what_is_bad() {
  struct Case {
    std::string octets;
    std::size_t known_after;  // Octets.
  };
  for (const Case& bad : std::vector<Case>{{"x\r\n", 1},
                                           {"\r\nhello", 2},
                                           {"-1\r\n", 1},
                                           {"123456789\r\n", 9},
                                           {"1\r\nab\r\n", 5},
                                           {"1\r\na\rb", 6},
                                           {"0\r\nX: y\r\n\r\n", 4}}) {
    const Outcome outcome = read_in_pieces(bad.octets, 1);
    CHECK(outcome.result == Result::kBad);
    CHECK_EQ(outcome.pieces, bad.known_after);
  }
}

}  // namespace

int main() {
  for (std::size_t size = 1; size <= kBody.size(); ++size) takes_pieces_of(size);
  leaves_the_next_request();
  gives_content_as_it_comes();
  takes_a_crlf_in_the_content();
  says_at_once_what_is_bad();
  return exercise::verdict();
}
