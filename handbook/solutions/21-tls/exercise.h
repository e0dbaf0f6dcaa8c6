// Is this certificate for the host that the client wanted? (RFC 9525 6, RFC 9110 4.3.4)
//
// Names are compared from the front, whole and octet by octet; a wildcard stands for the host's first label,
// and what is behind that must be the same.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

struct Name {
  enum class Kind { kDns, kAddress };
  Kind kind;
  std::string text;
};

// Hosts that are numeric addresses: only digits and dots, or a colon somewhere. Given, and right.
inline bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline bool same(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

inline bool matches(std::string_view pattern, std::string_view host) {
  if (pattern.find('*') == std::string_view::npos) return same(pattern, host);
  if (pattern.substr(0, 2) != "*.") return false;
  const std::string_view domain = pattern.substr(1);  // From its dot on.
  if (domain.find('*') != std::string_view::npos || domain.find('.', 1) == std::string_view::npos)
    return false;
  const std::size_t dot = host.find('.');
  return dot != 0 && dot != std::string_view::npos && same(domain, host.substr(dot));
}

// `names`: those that the certificate is for.
inline bool is_for(const std::vector<Name>& names, std::string_view host) {
  const bool address = is_address(host);
  if (!address && host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  return std::any_of(names.begin(), names.end(), [&](const Name& name) {
    if (address != (name.kind == Name::Kind::kAddress)) return false;
    return address ? name.text == host : matches(name.text, host);
  });
}
