// The field Forwarded (RFC 7239), read from its end: each proxy appends an element about its own client.
//
//   Forwarded: for=192.0.2.66;proto=https, for="[2001:db8::7]:4711", for=unknown
//
// Only the elements of trusted proxies can be believed. The text before them may be anything, even an open
// quoted-string, and must not change what the end says. So elements are found from the end.
//
// Thread: pure functions of values.
#pragma once

#include <optional>
#include <string_view>

namespace pollux::http {

struct ForwardedElement {
  std::string_view client;  // The address, without port and brackets; empty: unknown.
  std::string_view scheme;  // Between the client and the proxy; empty: unknown.
};

class ForwardedReader {
 public:
  // `value`: all lines of the field, joined by ", ".
  explicit ForwardedReader(std::string_view value) : rest_(value) {}

  // The last element not yet read. std::nullopt: there is none, or it is malformed.
  [[nodiscard]] std::optional<ForwardedElement> previous();

 private:
  std::string_view rest_;
};

}  // namespace pollux::http
