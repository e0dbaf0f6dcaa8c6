// The chunked body: in any split the same content, and the content that a decoder of ten lines finds, too.
//
// The first octet says how long the pieces are.
#include <algorithm>
#include <optional>

#include "fuzz.h"
#include "http/body_reader.h"

namespace {

using namespace pollux;
using http::BodyReader;

const BodyReader::Limits kLimits{.body = 128, .overhead = 128};

struct Outcome {
  BodyReader::Result result = BodyReader::Result::kNeedMore;
  std::string content;
  std::string left;

  bool operator==(const Outcome& other) const {
    if (result != other.result) return false;
    // Behind an error nothing is read, and how much of the content came before it is nobody's business.
    return result == BodyReader::Result::kError || (content == other.content && left == other.left);
  }
};

Outcome read(std::string_view given, std::size_t step) {
  BodyReader reader;
  reader.start_chunked();
  Buffer in;
  Outcome outcome;
  for (std::size_t at = 0; at < given.size(); at += step) {
    in.append(given.substr(at, step));
    while (outcome.result == BodyReader::Result::kNeedMore) {
      outcome.result = reader.read(in, kLimits);
      if (outcome.result != BodyReader::Result::kContent) break;
      PROMISE(!reader.content().empty());
      outcome.content += reader.content();
      outcome.result = BodyReader::Result::kNeedMore;
    }
    PROMISE(outcome.content.size() <= kLimits.body);
    PROMISE(reader.received() == outcome.content.size());
  }
  outcome.left = in.readable();
  PROMISE(given.ends_with(outcome.left));
  return outcome;
}

// The content of a body that is whole and as it should be. Trailers are only looked over for where they end.
std::optional<std::string> decode(std::string_view octets) {
  std::string content;
  for (;;) {
    const std::size_t end = octets.find("\r\n");
    const std::size_t digits = std::min(octets.find_first_of("; \t\r"), octets.size());
    const auto size = http::parse_chunk_size(octets.substr(0, digits));
    if (end == std::string_view::npos || !size) return std::nullopt;
    octets.remove_prefix(end + 2);
    if (*size == 0) return content;
    if (octets.size() < *size + 2 || octets.substr(*size, 2) != "\r\n") return std::nullopt;
    content += octets.substr(0, *size);
    octets.remove_prefix(*size + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t step = input.octet() % 31U + 1U;
  const Outcome whole = read(input.rest(), input.rest().size() + 1);
  PROMISE(read(input.rest(), step) == whole);
  PROMISE(read(input.rest(), 1) == whole);
  if (whole.result == BodyReader::Result::kComplete) {
    PROMISE(decode(input.rest()) == whole.content);
  }
  return 0;
}
