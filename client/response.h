// A response, and the bounds of what a server may send as one.
//
// Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::client {

struct HeaderField {
  std::string name;
  std::string value;
};
using HeaderFields = std::vector<HeaderField>;

struct ResponseLimits {
  std::size_t headers = 64 * 1024;  // Octets of all heads of one response, 1xx included.
  std::size_t header_fields = 256;  // Lines, those of folded fields included.
  // Octets of content, before it is decoded as after. A BodySink bounds what it takes itself.
  std::uint64_t body = 64ULL * 1024 * 1024;
};

struct Response {
  int status = 0;
  HeaderFields fields;     // By HTTP/2, names are in lower case. Of 1xx and trailers nothing is kept.
  std::string body;        // Empty where a BodySink has taken it.
  std::string url;         // Where it came from in the end.
  unsigned redirects = 0;  // How many led there.
  bool http2 = false;      // It came by HTTP/2.

  // The first field of that name, case ignored; nullptr when there is none.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

}  // namespace pollux::client
