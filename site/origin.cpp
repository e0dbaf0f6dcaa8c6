#include "site/origin.h"

#include <fmt/format.h>

#include <charconv>

#include "http/chars.h"
#include "http/lists.h"
#include "site/pattern.h"

namespace pollux::site {

namespace {

bool is_scheme(std::string_view text) {
  const auto is_scheme_octet = [](char c) {
    return (c >= 'a' && c <= 'z') || http::is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && http::all_of(text, is_scheme_octet);
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const auto is_ip_octet = [](char c) { return http::is_hex(c) || c == ':' || c == '.'; };
    return text.size() > 2 && text.ends_with(']') &&
           http::all_of(text.substr(1, text.size() - 2), is_ip_octet);
  }
  const auto is_host_octet = [](char c) { return http::is_unreserved(c); };
  return !text.empty() && http::all_of(text, is_host_octet);
}

// With its colon; empty: there is none.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65535 &&
         text[1] != '0';
}

bool is_default_port(std::string_view scheme, std::string_view port) {
  return (scheme == "http" && port == ":80") || (scheme == "https" && port == ":443");
}

}  // namespace

Parsed<std::string> parse_origin(std::string_view text) {
  if (text == "null") return {std::string(text)};
  const std::string origin = http::in_lower_case(text);
  const std::size_t scheme_end = origin.find("://");
  const auto refuse = [&](std::string_view why) -> Parsed<std::string> {
    return {{}, fmt::format("{} is not an origin: {}", in_quotes(text), why)};
  };
  if (scheme_end == kNpos) return refuse("it has to begin like https://");
  const std::string_view scheme = std::string_view(origin).substr(0, scheme_end);
  const std::string_view authority = std::string_view(origin).substr(scheme_end + 3);
  if (authority.find('/') != kNpos) return refuse("nothing may follow its host and port, not even a slash");
  if (authority.find('*') != kNpos) return refuse("wildcards are not supported, but for \"*\" alone");
  const std::size_t colon = authority.find(':', authority.rfind(']') == kNpos ? 0 : authority.rfind(']'));
  const std::string_view port = colon == kNpos ? std::string_view() : authority.substr(colon);
  if (!is_scheme(scheme) || !is_host(authority.substr(0, colon)) || !is_port(port))
    return refuse("it has to be of the form https://host or https://host:port");
  if (is_default_port(scheme, port)) return {origin.substr(0, origin.size() - port.size())};
  return {origin};
}

}  // namespace pollux::site
