// The field Forwarded (RFC 7239), read from its end: each proxy appends an element about whom it was asked
// by.
//
//   Forwarded: for=192.0.2.66;proto=https, for="[2001:db8::7]:4711", for=unknown
//
// Only what trusted proxies have appended is to be believed. What stands before that may be anything, an open
// quoted-string included, so it must not change what the end says: elements are found from the end.
//
// Thread: pure functions of values.
#pragma once

#include <optional>
#include <string_view>

namespace pollux::http {

struct ForwardedElement {
  std::string_view client;  // Its address, without port and brackets; empty: it is not told.
  std::string_view scheme;  // That the client has used; empty: it is not told.
};

class ForwardedReader {
 public:
  // `value`: of all lines of the field, joined by ", ".
  explicit ForwardedReader(std::string_view value) : rest_(value) {}

  // The last element that was not yet read. std::nullopt: there is none, or what is there is malformed.
  [[nodiscard]] std::optional<ForwardedElement> previous();

 private:
  std::string_view rest_;
};

}  // namespace pollux::http
