#include "client/cookie_jar.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "http/chars.h"
#include "http/date.h"
#include "http/lists.h"

namespace pollux::client {

namespace {

std::pair<std::string_view, std::string_view> split(std::string_view text, char at) {
  const std::size_t place = text.find(at);
  if (place == std::string_view::npos) return {http::trim_ows(text), {}};
  return {http::trim_ows(text.substr(0, place)), http::trim_ows(text.substr(place + 1))};
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// RFC 6265 5.1.4.
std::string default_path(std::string_view target) {
  const std::string_view path = path_of(target);
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

bool path_matches(std::string_view path, std::string_view cookie) {
  return path.starts_with(cookie) &&
         (path.size() == cookie.size() || cookie.ends_with('/') || path[cookie.size()] == '/');
}

bool domain_matches(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (http::equals_ignoring_case(host, domain)) return true;
  return !domain.empty() && host.size() > domain.size() && http::ends_with_ignoring_case(host, domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

// The end of a cookie with this lifetime in seconds.
WallTime end_of(std::string_view seconds, WallTime now) {
  constexpr std::int64_t kYear = 365LL * 24 * 3600;
  std::int64_t count = 0;
  const auto result = std::from_chars(seconds.data(), seconds.data() + seconds.size(), count);
  if (result.ec == std::errc::result_out_of_range) count = seconds.starts_with('-') ? 0 : kYear;
  return now + std::chrono::seconds(std::clamp<std::int64_t>(count, 0, kYear));
}

}  // namespace

void CookieJar::store(const Url& url, std::string_view field, WallTime now) {
  Cookie cookie;
  if (!parse(cookie, url, field, now) || hides_secure(cookie)) return;
  const auto same = std::find_if(cookies_.begin(), cookies_.end(), [&](const Cookie& other) {
    return other.host == cookie.host && other.name == cookie.name && other.path == cookie.path;
  });
  if (same != cookies_.end()) cookies_.erase(same);
  if (cookie.expires <= now) return;  // An expired cookie removes an earlier one.
  make_room(cookie.host);
  cookies_.push_back(std::move(cookie));
}

// RFC 6265 5.2, and prefixes of names (draft-ietf-httpbis-rfc6265bis 4.1.3).
bool CookieJar::parse(Cookie& cookie, const Url& url, std::string_view field, WallTime now) {
  auto [pair, attributes] = split(field, ';');
  if (pair.find('=') == std::string_view::npos) return false;
  const auto [name, value] = split(pair, '=');
  if (name.empty() || !http::all_of(field, http::is_field_octet)) return false;
  cookie.host = url.host;
  cookie.name = name;
  cookie.value = value;
  cookie.path = default_path(url.target);
  bool by_age = false;
  while (!attributes.empty()) {
    const std::size_t end = std::min(attributes.find(';'), attributes.size());
    const std::string_view attribute = attributes.substr(0, end);
    attributes.remove_prefix(std::min(end + 1, attributes.size()));
    const std::string_view key = split(attribute, '=').first;
    if (by_age && http::equals_ignoring_case(key, "Expires")) continue;  // Max-Age wins.
    by_age = by_age || http::equals_ignoring_case(key, "Max-Age");
    if (!apply(cookie, url, attribute, now)) return false;
  }
  if (cookie.secure && !url.https) return false;
  if (name.starts_with("__Secure-") && !cookie.secure) return false;
  if (name.starts_with("__Host-") && (!cookie.secure || cookie.has_domain || cookie.path != "/"))
    return false;
  return cookie.name.size() + cookie.value.size() + cookie.path.size() <= kMaxOctets;
}

bool CookieJar::apply(Cookie& cookie, const Url& url, std::string_view attribute, WallTime now) {
  const auto [key, value] = split(attribute, '=');
  const auto is = [key = key](std::string_view name) { return http::equals_ignoring_case(key, name); };
  if (is("Domain") && !value.empty()) {
    cookie.has_domain = true;
    return domain_matches(url.host, value);
  }
  if (is("Path") && value.starts_with('/')) cookie.path = value;
  if (is("Secure")) cookie.secure = true;
  if (is("Max-Age") && !value.empty()) cookie.expires = end_of(value, now);
  if (is("Expires")) {
    const auto date = http::parse_date(value, std::chrono::floor<std::chrono::seconds>(now));
    if (date) cookie.expires = *date;
  }
  return true;
}

// A cookie from plain text must not replace one from TLS.
bool CookieJar::hides_secure(const Cookie& cookie) const {
  return !cookie.secure && std::any_of(cookies_.begin(), cookies_.end(), [&](const Cookie& other) {
    return other.secure && other.host == cookie.host && other.name == cookie.name;
  });
}

void CookieJar::make_room(const std::string& host) {
  const auto of_host = [&](const Cookie& cookie) { return cookie.host == host; };
  if (std::count_if(cookies_.begin(), cookies_.end(), of_host) >= std::ptrdiff_t{kMaxOfHost}) {
    cookies_.erase(std::find_if(cookies_.begin(), cookies_.end(), of_host));
  }
  if (cookies_.size() >= kMax) cookies_.pop_front();
}

std::string CookieJar::find(const Url& url, WallTime now) {
  cookies_.remove_if([&](const Cookie& cookie) { return cookie.expires <= now; });
  std::vector<const Cookie*> found;
  for (const Cookie& cookie : cookies_) {
    const bool fits = cookie.host == url.host && (url.https || !cookie.secure) &&
                      path_matches(path_of(url.target), cookie.path);
    if (fits) found.push_back(&cookie);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Cookie* a, const Cookie* b) { return a->path.size() > b->path.size(); });
  std::string text;
  for (const Cookie* cookie : found) {
    if (!text.empty()) text += "; ";
    text.append(cookie->name).append("=").append(cookie->value);
  }
  return text;
}

}  // namespace pollux::client
