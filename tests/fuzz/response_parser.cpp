// The response parser: the same octets give the same responses however they are split, nothing is lost and
// nothing is made up, and no bound is passed.
//
// The first octet says how long the pieces are and whether HEAD was asked.
#include "client/response_parser.h"

#include <algorithm>

#include "fuzz.h"

namespace {

using namespace pollux;
using client::ResponseParser;

const client::ResponseLimits kLimits{.headers = 512, .header_fields = 8, .body = 256};

// What waits for its end: everything else is consumed as it comes.
const std::size_t kLongestLine = std::max(kLimits.headers, http::BodyReader::kLongestSizeLine) + 2;

struct Response {
  client::HeaderFields fields;
  std::string body;
};

void note(std::string& transcript, const ResponseParser& parser, const Response& response) {
  PROMISE(parser.status() >= 200 && parser.status() <= 999);
  PROMISE(response.body.size() <= kLimits.body && response.body.size() == parser.body_octets());
  PROMISE(response.fields.size() <= kLimits.header_fields);
  transcript += std::to_string(parser.status()) + (parser.keep_alive() ? " keep " : " close ");
  for (const auto& [name, value] : response.fields)
    transcript.append(name).append(":").append(value).append(" ");
  transcript.append(response.body).append("\n");
}

std::string parse(std::string_view given, std::size_t step, bool head) {
  ResponseParser parser(kLimits);
  Response response;
  Buffer in;
  std::string transcript;
  parser.start(head, &response.fields, &response.body);
  for (std::size_t at = 0; at < given.size(); at += step) {
    in.append(given.substr(at, step));
    while (!in.empty()) {
      const auto result = parser.parse(in);
      PROMISE(in.size() <= kLongestLine + step);
      if (result == ResponseParser::Result::kError) {
        PROMISE(parser.fault() != ResponseParser::Fault::kNone && !parser.keep_alive());
        PROMISE(parser.parse(in) == ResponseParser::Result::kError);
        return transcript + "fault";
      }
      if (result == ResponseParser::Result::kNeedMore) break;
      note(transcript, parser, response);
      response = {};
      parser.start(head, &response.fields, &response.body);
    }
  }
  PROMISE(given.ends_with(in.readable()));
  if (parser.end_of_input() == ResponseParser::Result::kComplete) note(transcript, parser, response);
  return transcript + "end";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned how = input.octet();
  const bool head = (how & 1U) != 0;
  const std::string whole = parse(input.rest(), input.rest().size() + 1, head);
  PROMISE(parse(input.rest(), how / 2 % 31 + 1, head) == whole);
  PROMISE(parse(input.rest(), 1, head) == whole);
  return 0;
}
