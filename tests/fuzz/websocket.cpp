// WebSocket messages: the same octets give the same messages however they are split, no bound is passed, and
// text is UTF-8.
//
// The first octet says how long the pieces are, and whether compression was agreed on.
#include <algorithm>

#include "fuzz.h"
#include "websocket/message_reader.h"

namespace {

using namespace pollux;
using websocket::MessageReader;

const websocket::MessageLimits kLimits{.frame = 1024, .message = 2048};

bool is_utf8(std::string_view text) {
  websocket::Utf8Validator validator;
  return validator.accept(text) && validator.complete();
}

std::string read(std::string_view given, std::size_t step, bool deflate) {
  MessageReader reader(kLimits, deflate ? std::optional(websocket::DeflateParameters()) : std::nullopt);
  Buffer in;
  std::string transcript;
  for (std::size_t at = 0; at < given.size(); at += step) {
    in.append(given.substr(at, step));
    for (;;) {
      const auto result = reader.read(in);
      if (result == MessageReader::Result::kNeedMore) break;
      transcript += std::to_string(static_cast<int>(result));
      if (result == MessageReader::Result::kError) {
        PROMISE(reader.read(in) == MessageReader::Result::kError);
        return transcript + " " + std::to_string(static_cast<int>(reader.error()));
      }
      const bool control = result != MessageReader::Result::kText && result != MessageReader::Result::kBinary;
      PROMISE(reader.payload().size() <= (control ? websocket::kLongestControl : kLimits.message));
      PROMISE(result != MessageReader::Result::kText || is_utf8(reader.payload()));
      transcript.append(":").append(reader.payload()).append(";");
      if (result == MessageReader::Result::kClose) return transcript;
    }
    PROMISE(in.size() < 14);  // Of a head that is not whole yet.
  }
  return transcript;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned how = input.octet();
  const bool deflate = (how & 1U) != 0;
  const std::string whole = read(input.rest(), input.rest().size() + 1, deflate);
  PROMISE(read(input.rest(), how / 2 % 31 + 1, deflate) == whole);
  PROMISE(read(input.rest(), 1, deflate) == whole);
  return 0;
}
