// Pollux's parser without Pollux: octets in, requests out. The packets end wherever they like: between two
// octets of a name, between CR and LF, behind the first of two requests. What the master decides about each
// line is printed by the parser's own notes for the tracer, which come to this program instead.
#include "lab.h"

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "http/body_reader.h"
#include "http/request_parser.h"

// The tracer's place for notes (base/trace.cpp, which is not linked).
void pollux::trace::detail::add(const char* /*what*/, fmt::string_view format,
                                fmt::format_args arguments) noexcept {
  std::printf("      %s\n", fmt::vformat(format, arguments).c_str());
}

namespace {

using pollux::Buffer;
using pollux::http::BodyReader;
using pollux::http::RequestParser;
using Result = RequestParser::Result;
using Pieces = std::vector<std::string_view>;

const pollux::http::ParserLimits kLimits;

struct Parsed {
  std::vector<std::string> requests;  // Method, target, number of fields and body.
  int error = 0;                      // Status; 0: none.
  std::size_t calls = 0;              // Of parse(),
  std::size_t waited = 0;             // and those that said "not yet".
  bool last_octet_mattered = false;   // The last request was complete with the last piece and not before.

  bool operator==(const Parsed& other) const { return requests == other.requests && error == other.error; }
};

std::string description(const pollux::http::Request& request) {
  return fmt::format("{} {} fields={} body='{}'", request.method_name, request.target, request.fields->size(),
                     request.body);
}

// What a server does with what it reads: append, and parse until the parser wants more.
Parsed parse(const Pieces& pieces, bool aloud = false) {
  Parsed parsed;
  Buffer in;
  RequestParser parser(kLimits);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (aloud) {
      std::string shown(pieces[i]);
      for (std::size_t at = 0; (at = shown.find_first_of("\r\n", at)) != std::string::npos; at += 2)
        shown.replace(at, 1, shown[at] == '\r' ? "\\r" : "\\n");
      std::printf("  packet %zu: %s\n", i + 1, shown.c_str());
    }
    in.append(pieces[i]);
    while (true) {
      ++parsed.calls;
      const Result result = parser.parse(in);
      if (result == Result::kHead) continue;
      if (result == Result::kError) {
        parsed.error = static_cast<int>(parser.error_status());
        return parsed;
      }
      if (result == Result::kNeedMore) {
        ++parsed.waited;
        break;
      }
      parsed.requests.push_back(description(parser.request()));
      parsed.last_octet_mattered = i + 1 == pieces.size();
      if (aloud) std::printf("    complete; %zu octets are left for the next request\n", in.size());
      parser.reset();
    }
    if (aloud && !in.empty())
      std::printf("    needs more\n");
    else if (aloud)
      std::printf("    all is consumed\n");
  }
  return parsed;
}

Pieces cut(std::string_view octets, std::size_t size) {
  Pieces pieces;
  for (; !octets.empty(); octets.remove_prefix(std::min(size, octets.size())))
    pieces.push_back(octets.substr(0, size));
  return pieces;
}

// In two packets, in each way there is.
bool same_however_cut(std::string_view octets) {
  const Parsed whole = parse({octets});
  for (std::size_t at = 1; at < octets.size(); ++at) {
    if (!(parse({octets.substr(0, at), octets.substr(at)}) == whole)) return false;
  }
  return true;
}

// What is left of the input behind a body, for a reader that believes this length.
std::string rest_behind(std::string_view octets, bool chunked, std::uint64_t length) {
  Buffer in;
  in.append(octets);
  BodyReader reader;
  if (chunked) {
    reader.start_chunked();
  } else {
    reader.start_fixed(length);
  }
  const BodyReader::Limits limits{1024, 1024};
  while (reader.read(in, limits) == BodyReader::Result::kContent) {
  }
  return std::string(in.readable());
}

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: lab\r\nAccept: text/html\r\n\r\n";
constexpr std::string_view kSecond = "GET /b HTTP/1.1\r\nHost: lab\r\n\r\n";
constexpr std::string_view kChunked =
    "POST /c HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n7;x=1\r\n, world\r\n0\r\n\r\n";

void show_states() {
  std::printf("two requests in three packets; what the master makes of the lines that the slave finds\n");
  pollux::trace::Recording recording;  // Not used: that there is one makes the parser take notes.
  const pollux::trace::Scope scope(&recording);
  const std::string third = "b\r\n\r\n" + std::string(kSecond);
  (void)parse({"GET /a HTTP/1.1\r", "\nHost: la", third}, true);
}

void show_smuggling() {
  const std::string body = "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: lab\r\n\r\n";
  const std::string both = fmt::format(
      "POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{}",
      body.size(), body);
  const std::string by_length = rest_behind(body, false, body.size());
  const std::string by_chunks = rest_behind(body, true, 0);
  std::printf("a POST with both lengths: octets left behind its body\n");
  std::printf("  by Content-Length:    %2zu\n", by_length.size());
  std::printf("  by Transfer-Encoding: %2zu, which begin with \"%s\"\n", by_chunks.size(),
              by_chunks.substr(0, 10).c_str());
  const Parsed refused = parse({both});
  const Parsed twice =
      parse({"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"});
  std::printf("  Pollux:               status %d\n\n", refused.error);
  lab::shown(by_length.empty() && by_chunks.starts_with("GET /admin"),
             "the same octets are one request by Content-Length and two by Transfer-Encoding");
  lab::shown(refused.error == 400 && refused.requests.empty() && twice.error == 400,
             "a request with both of them, or with two Content-Lengths, is refused with 400");
}

}  // namespace

int main() {
  show_states();

  const Parsed whole = parse({kGet});
  const Parsed dripped = parse(cut(kGet, 1));
  const std::string two = std::string(kGet) + std::string(kSecond);
  const Parsed pipelined = parse({two});
  const std::string chunks_and_next = std::string(kChunked) + std::string(kSecond);
  const Parsed chunked = parse({chunks_and_next});
  const Parsed chunks_dripped = parse(cut(kChunked, 1));

  std::printf("\nthe request of %zu octets        calls of parse()   of them \"not yet\"\n", kGet.size());
  std::printf("  in one packet                        %2zu                 %2zu\n", whole.calls,
              whole.waited);
  std::printf("  octet by octet                       %2zu                 %2zu\n\n", dripped.calls,
              dripped.waited);
  lab::shown(whole.requests.size() == 1 && dripped == whole && dripped.last_octet_mattered,
             "sent octet by octet, a request is the same, and it is complete with its last octet");
  lab::shown(same_however_cut(two) && same_however_cut(chunks_and_next),
             "cut into two packets anywhere, between CR and LF too, nothing is lost and nothing read twice");
  lab::shown(pipelined.requests.size() == 2 && pipelined.requests[0].starts_with("GET /a") &&
                 pipelined.requests[1].starts_with("GET /b"),
             "two requests in one packet are two: the second stays in the buffer for the next parse()");
  lab::shown(chunked.requests.size() == 2 && chunked.requests[0].ends_with("body='hello, world'") &&
                 chunks_dripped.requests.size() == 1 && chunks_dripped.requests[0] == chunked.requests[0] &&
                 chunks_dripped.last_octet_mattered,
             "a body in chunks ends where its last chunk says; what follows is the next request");
  std::printf("\n");
  show_smuggling();
  return lab::verdict();
}
