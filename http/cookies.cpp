#include "http/cookies.h"

#include <algorithm>

#include "http/lists.h"

namespace pollux::http {

std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(';'), field.size());
    const std::string_view pair = trim_ows(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim_ows(pair.substr(0, equals)) != name) continue;
    std::string_view value = trim_ows(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

std::string set_cookie(const Cookie& cookie) {
  std::string field;
  field.append(cookie.name).append("=").append(cookie.value);
  field += "; Path=/; HttpOnly; SameSite=Lax";
  if (cookie.secure) field += "; Secure";
  if (cookie.max_age) field += "; Max-Age=" + std::to_string(cookie.max_age->count());
  return field;
}

}  // namespace pollux::http
