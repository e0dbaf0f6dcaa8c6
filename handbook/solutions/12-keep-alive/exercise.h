// Decides whether a connection is kept after the answer to a request (RFC 9112 9.3).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

struct Request {
  int minor_version = 1;                // Of HTTP/1.
  std::vector<std::string> connection;  // The values of its Connection fields.
  bool end_known = true;                // The end of its body was found.
};

inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// <cctype> asks the locale; field names and options are ASCII.
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char left, char right) { return lower(left) == lower(right); });
}

inline bool has_option(std::string_view list, std::string_view option) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (equals_ignoring_case(trimmed(list.substr(0, comma)), option)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

inline bool says(const Request& request, std::string_view option) {
  return std::any_of(request.connection.begin(), request.connection.end(),
                     [&](const std::string& list) { return has_option(list, option); });
}

// `served`: requests on this connection, with this one.
inline bool keep_alive(const Request& request, unsigned served, unsigned max_requests) {
  if (!request.end_known || served >= max_requests || says(request, "close")) return false;
  return request.minor_version >= 1 || says(request, "keep-alive");
}
