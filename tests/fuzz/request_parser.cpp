// The request parser: the same octets give the same requests however they are split, nothing is lost and
// nothing is made up: what is consumed and what is left is what was given.
//
// The first octet says how long the pieces are, and how large a body may be.
#include "http/request_parser.h"

#include <array>

#include "fuzz.h"
#include "http/chars.h"

namespace {

using namespace pollux;
using http::RequestParser;

const http::ParserLimits kLimits{.request_line = 256, .headers = 512, .header_fields = 8, .body = 256};

void add(std::string& transcript, std::string_view text) {
  transcript += std::to_string(text.size());
  transcript.append(":").append(text).append(" ");
}

void check(const http::Request& request, std::uint64_t body_limit) {
  PROMISE(http::is_token(request.method_name));
  PROMISE(!request.target.empty() && request.target.find_first_of(" \r\n\t") == std::string_view::npos);
  PROMISE(request.fields->size() <= kLimits.header_fields);
  PROMISE(request.body.size() <= body_limit);
  PROMISE(request.version == http::Version::k10 || request.fields->has(http::FieldId::kHost));
  PROMISE(!request.fields->has(http::FieldId::kContentLength) ||
          !request.fields->has(http::FieldId::kTransferEncoding));
}

void note(std::string& transcript, const RequestParser& parser, std::uint64_t body_limit) {
  const http::Request request = parser.request();
  check(request, body_limit);
  add(transcript, request.method_name);
  add(transcript, request.target);
  add(transcript, request.uri.authority);
  add(transcript, request.uri.path);
  add(transcript, request.uri.query);
  add(transcript, request.body);
  for (int id = 1; id < static_cast<int>(http::FieldId::kCount); ++id) {
    std::string storage;
    const auto value = request.fields->find_list(static_cast<http::FieldId>(id), storage);
    if (value) add(transcript, *value);
  }
  transcript += parser.keep_alive() ? "keep\n" : "close\n";
}

// What became of the octets, in words; they arrive `step` at a time.
std::string parse(std::string_view given, std::size_t step, std::uint64_t body_limit) {
  RequestParser parser(kLimits);
  Buffer in;
  std::string transcript;
  for (std::size_t at = 0; at < given.size(); at += step) {
    in.append(given.substr(at, step));
    const std::string_view so_far = given.substr(0, std::min(given.size(), at + step));
    for (auto result = RequestParser::Result::kComplete; result != RequestParser::Result::kNeedMore;) {
      result = parser.parse(in);
      PROMISE(so_far.ends_with(in.readable()));
      if (result == RequestParser::Result::kError)
        return transcript + "error " + std::to_string(code(parser.error_status()));
      if (result == RequestParser::Result::kHead)
        transcript += parser.limit_body(body_limit) ? "head " : "head of too much ";
      if (result != RequestParser::Result::kComplete) continue;
      note(transcript, parser, body_limit);
      parser.reset();
    }
  }
  transcript += parser.in_head() ? "in head" : parser.in_body() ? "in body" : "between";
  return transcript;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned steer = input.octet();
  const std::size_t step = steer % 31U + 1U;
  const std::uint64_t body_limit = kLimits.body - steer / 31U * 32U;
  const std::string whole = parse(input.rest(), input.rest().size() + 1, body_limit);
  PROMISE(parse(input.rest(), step, body_limit) == whole);
  PROMISE(parse(input.rest(), 1, body_limit) == whole);
  return 0;
}
