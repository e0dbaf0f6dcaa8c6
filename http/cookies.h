// Cookies (RFC 6265): reading those of a request, and writing the field that sets one.
//
// Reading is tolerant, because all sites of a host and everything that runs in a browser may set cookies:
// what is malformed is skipped, and hides nothing behind it.
//
// Values only; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::http {

// The value of the first cookie of that name, without quotes around it. Names are case-sensitive.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name);

struct Cookie {
  std::string_view name;   // A token.
  std::string_view value;  // RFC 6265 4.1.1: no space, quote, comma, semicolon, backslash.
  std::optional<std::chrono::seconds> max_age = {};  // Without it, until the browser is closed; 0: remove it.
  bool secure = false;
};

// The value of a Set-Cookie field. Always for the whole site, never for scripts (HttpOnly), and not sent with
// requests other sites have a browser make, but for plain links (SameSite=Lax).
[[nodiscard]] std::string set_cookie(const Cookie& cookie);

}  // namespace pollux::http
