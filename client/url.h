// The URL of a request: http or https, host, port and target (RFC 3986, RFC 9110 section 4.2).
//
// Octets that are not allowed in a target (spaces, raw UTF-8) are percent-encoded, as browsers do; control
// characters and userinfo are refused. A fragment is dropped, as it is never sent.
//
// Pure functions of values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::client {

struct Url {
  bool https = false;
  std::string host;  // In lower case; an IPv6 address without its brackets.
  std::uint16_t port = 80;
  std::string target = "/";  // Path and query, ready for a request line.

  // std::nullopt: not http:// or https://, no host, a bad port, userinfo, control characters.
  [[nodiscard]] static std::optional<Url> parse(std::string_view text);

  // The URL of a Location field in a response from this one (RFC 3986 5.2). std::nullopt: as for parse().
  [[nodiscard]] std::optional<Url> resolve(std::string_view reference) const;

  [[nodiscard]] std::string authority() const;  // For a Host field: with the port unless it is the default.
  [[nodiscard]] std::string origin() const;     // "http://host:port": what connections can be shared for.
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Url&) const = default;
};

}  // namespace pollux::client
