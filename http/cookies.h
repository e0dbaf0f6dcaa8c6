// Cookies (RFC 6265): reads those of a request, and writes the field that sets one.
//
// Reading is tolerant, because every site of a host and every script in a browser may set cookies. A
// malformed cookie is skipped, and hides none of the cookies after it.
//
// Values only; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::http {

// The value of the first cookie of that name, without the quotes around it. Names are case-sensitive.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name);

struct Cookie {
  std::string_view name;   // A token.
  std::string_view value;  // RFC 6265 4.1.1: no space, quote, comma, semicolon, backslash.
  std::optional<std::chrono::seconds> max_age = {};  // 0: remove it; std::nullopt: at the browser's end.
  bool secure = false;
};

// The value of a Set-Cookie field. The cookie is always for the whole site and never for scripts (HttpOnly).
// Browsers do not send it with requests that other sites cause, except for plain links (SameSite=Lax).
[[nodiscard]] std::string set_cookie(const Cookie& cookie);

}  // namespace pollux::http
