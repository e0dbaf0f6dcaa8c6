#include "http/uri.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::http {

namespace {

constexpr auto kNpos = std::string_view::npos;

// "[" IPv6address "]" or "[" IPvFuture "]", without the brackets (RFC 3986 3.2.2).
bool valid_ip_literal(std::string_view text) {
  if (!text.empty() && to_lower(text.front()) == 'v') {
    const std::size_t dot = text.find('.');
    if (dot == kNpos) return false;
    const std::string_view version = text.substr(1, dot - 1);
    const std::string_view address = text.substr(dot + 1);
    const auto fits = [](char c) { return is_reg_name_octet(c) || c == ':'; };
    return !version.empty() && !address.empty() && all_of(version, is_hex) && all_of(address, fits);
  }
  // inet_pton reads a C string, with exactly the RFC's grammar; a NUL in it would end it early.
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != kNpos) return false;
  std::copy(text.begin(), text.end(), copy.begin());
  struct in6_addr address {};
  return ::inet_pton(AF_INET6, copy.data(), &address) == 1;
}

// A reg-name; an IPv4address is one, too.
bool valid_reg_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_reg_name_octet(text[i])) {
      return false;
    }
  }
  return true;
}

// At most 65535; leading zeros are allowed.
bool valid_port(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65535) return false;
  }
  return true;
}

struct Authority {
  std::string_view host;
  std::string_view port;  // Empty when it is missing.
};

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == kNpos) return std::nullopt;
  const std::size_t colon = text.find(':', bracket);
  const Authority authority{text.substr(0, colon), colon == kNpos ? "" : text.substr(colon + 1)};
  if (!valid_port(authority.port)) return std::nullopt;
  const bool literal = bracket > 0;
  if (literal && authority.host.size() != bracket + 1) return std::nullopt;
  const bool valid = literal ? valid_ip_literal(text.substr(1, bracket - 1)) : valid_reg_name(authority.host);
  if (!valid) return std::nullopt;
  return authority;
}

// The length of "http://" or "https://", in any case; 0 when `text` begins with neither.
std::size_t scheme_length(std::string_view text) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (equals_ignoring_case(text.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

// Path and query, from the path's first octet on.
bool split_path(std::string_view text, Target& target) {
  const std::size_t mark = text.find('?');
  target.path = text.substr(0, mark);
  target.has_query = mark != kNpos;
  if (target.has_query) target.query = text.substr(mark + 1);
  return all_of(target.path, is_path_octet) && all_of(target.query, is_query_octet);
}

std::optional<Target> parse_absolute(std::string_view after_scheme) {
  Target target;
  target.form = Target::Form::kAbsolute;
  const std::size_t end = std::min(after_scheme.find_first_of("/?"), after_scheme.size());
  target.authority = after_scheme.substr(0, end);
  const std::optional<Authority> authority = parse_authority(target.authority);
  if (!authority || authority->host.empty()) return std::nullopt;
  if (!split_path(after_scheme.substr(end), target)) return std::nullopt;
  if (target.path.empty()) target.path = "/";  // RFC 9110 4.2.3
  return target;
}

// Appends the decoded segment; the result names the error if it contains a NUL or a slash.
PathError decode_segment(std::string_view segment, std::string& out) {
  bool slash = false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    char c = segment[i];
    if (c == '%') {
      if (segment.size() - i < 3) return PathError::kBadEncoding;
      const int high = hex_value(segment[i + 1]);
      const int low = hex_value(segment[i + 2]);
      if (high < 0 || low < 0) return PathError::kBadEncoding;
      c = static_cast<char>(high * 16 + low);
      if (c == '/') {
        slash = true;
        c = '_';  // A stand-in, so that the caller still finds the beginnings of its segments.
      }
      i += 2;
    }
    if (c == '\0') return PathError::kNul;
    out.push_back(c);
  }
  return slash ? PathError::kEncodedSlash : PathError::kOk;
}

// Nothing to decode, no empty segment, and none that begins with a dot.
bool is_normal(std::string_view raw) {
  if (!raw.starts_with('/')) return false;
  char before = '\0';
  for (const char c : raw) {
    if (c == '%' || c == '\0' || (before == '/' && (c == '/' || c == '.'))) return false;
    before = c;
  }
  return true;
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  Target target;
  if (text.starts_with('/')) {
    if (!split_path(text, target)) return std::nullopt;
    return target;
  }
  if (text == "*") {
    target.form = Target::Form::kAsterisk;
    return target;
  }
  if (const std::size_t length = scheme_length(text); length > 0) return parse_absolute(text.substr(length));

  // CONNECT: the port may be neither missing nor zero (RFC 9110 9.3.6).
  const std::optional<Authority> authority = parse_authority(text);
  if (!authority || authority->host.empty()) return std::nullopt;
  if (authority->port.find_first_not_of('0') == kNpos) return std::nullopt;
  target.form = Target::Form::kAuthority;
  target.authority = text;
  return target;
}

bool valid_host(std::string_view text) {
  if (text.empty()) return true;
  const std::optional<Authority> authority = parse_authority(text);
  return authority && !authority->host.empty();
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  std::string_view host = authority.substr(0, authority.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

PathResult normalise_path(std::string_view raw, std::string& out) {
  if (is_normal(raw)) return {PathError::kOk, raw};

  // `out` is "/" or "/a/b/" before each segment. An encoded slash is reported only if nothing is malformed,
  // so that 400 takes precedence over 404.
  out.assign(1, '/');
  bool encoded_slash = false;
  while (!raw.empty()) {
    const std::size_t slash = std::min(raw.find('/'), raw.size());
    const bool last = slash == raw.size();
    const std::size_t start = out.size();
    const PathError error = decode_segment(raw.substr(0, slash), out);
    if (error == PathError::kEncodedSlash) {
      encoded_slash = true;
    } else if (error != PathError::kOk) {
      return {error, {}};
    }
    raw.remove_prefix(last ? slash : slash + 1);

    const std::string_view segment = std::string_view(out).substr(start);
    if (segment == "..") {
      if (start == 1) return {PathError::kEscapesRoot, {}};
      out.resize(out.rfind('/', start - 2) + 1);
    } else if (segment.empty() || segment == ".") {
      out.resize(start);
    } else if (!last) {
      out.push_back('/');
    }
  }
  if (encoded_slash) return {PathError::kEncodedSlash, {}};
  return {PathError::kOk, out};
}

std::string with_single_slashes(std::string_view path) {
  std::string single;
  for (const char c : path) {
    if (c != '/' || !single.ends_with('/')) single += c;
  }
  return single;
}

void append_encoded(std::string_view text, bool (*keep)(char), std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (keep(c)) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out.append({'%', kDigits[octet >> 4U], kDigits[octet & 15U]});
    }
  }
}

bool is_plain_in_path(char c) {
  return is_unreserved(c) || std::string_view("/!$()*+,;=:@").find(c) != kNpos;
}

std::string encode_path(std::string_view path) {
  std::string out = "/";
  out.reserve(path.size() + 1);
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  append_encoded(path, is_plain_in_path, out);
  return out;
}

bool is_within(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) || path == directory.substr(0, directory.size() - 1);
}

bool has_hidden_segment(std::string_view path) {
  constexpr std::string_view kWellKnown = "/.well-known";
  if (path.starts_with(kWellKnown) && (path.size() == kWellKnown.size() || path[kWellKnown.size()] == '/')) {
    path.remove_prefix(kWellKnown.size());
  }
  return path.find("/.") != kNpos;
}

}  // namespace pollux::http
