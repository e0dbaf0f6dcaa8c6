// Forwarded: whatever a client has begun with, what a proxy appends is read as it stands; and nothing is made
// up from beyond the value.
#include "http/forwarded.h"

#include <string>

#include "fuzz.h"

namespace {

using namespace pollux;

bool within(std::string_view outer, std::string_view inner) {
  return inner.empty() ||
         (inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::ForwardedReader reader(text);
  std::size_t elements = 0;
  while (const auto element = reader.previous()) {
    PROMISE(within(text, element->client) && within(text, element->scheme));
    PROMISE(++elements <= size + 1);
  }

  const std::string appended = std::string(text) + ", for=\"192.0.2.7:1\";proto=https";
  http::ForwardedReader whole(appended);
  const auto last = whole.previous();
  PROMISE(last && last->client == "192.0.2.7" && last->scheme == "https");
  return 0;
}
