// A response, and the limits on what a server may send as one.
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
  std::size_t header_fields = 256;  // Lines, with those of folded fields.
  // Octets of content, both before and after decoding. A BodySink bounds its own memory.
  std::uint64_t body = 64ULL * 1024 * 1024;
};

struct Response {
  int status = 0;
  HeaderFields fields;     // With HTTP/2, names are in lower case. 1xx and trailers are dropped.
  std::string body;        // Empty if a BodySink has it.
  std::string url;         // The final URL, after redirects.
  unsigned redirects = 0;  // The number of redirects followed.
  bool http2 = false;      // It came by HTTP/2.

  // The first field of that name, ignoring case; nullptr: none.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

}  // namespace pollux::client
