#include "client/url.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "http/chars.h"
#include "http/lists.h"
#include "http/uri.h"

namespace pollux::client {

namespace {

constexpr auto kNpos = std::string_view::npos;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
}

// Path and query without the fragment; octets that a request line cannot hold are encoded.
std::string encode_target(std::string_view text) {
  std::string target;
  http::append_encoded(text.substr(0, text.find('#')), http::is_query_octet, target);
  return target;
}

// The part before the query.
std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// RFC 3986 5.2.4, on a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  bool directory = false;  // Whether the path ends with a slash.
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    directory = segment == "." || segment == "..";
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : segments) result.append("/").append(segment);
  if (directory || result.empty()) result += '/';
  return result;
}

bool split_authority(std::string_view text, Url& url) {
  if (text.empty() || text.find('@') != kNpos || !http::valid_host(text)) return false;
  std::string_view host = text;
  std::string_view port;
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == kNpos ? 0 : bracket);
  if (colon != kNpos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (bracket != kNpos) host = host.substr(1, bracket - 1);
  if (host.empty()) return false;
  url.host.clear();
  for (const char c : host) url.host += http::to_lower(c);
  if (port.empty()) return true;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  return error == std::errc() && end == port.data() + port.size() && url.port != 0;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == kNpos || has_control(text)) return std::nullopt;
  Url url;
  if (http::equals_ignoring_case(text.substr(0, colon), "https")) {
    url.https = true;
    url.port = 443;
  } else if (!http::equals_ignoring_case(text.substr(0, colon), "http")) {
    return std::nullopt;
  }
  text.remove_prefix(colon + 3);
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  if (!split_authority(authority, url)) return std::nullopt;
  text.remove_prefix(authority.size());
  url.target = encode_target(text);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::optional<Url> Url::resolve(std::string_view reference) const {
  if (has_control(reference)) return std::nullopt;
  const std::string_view scheme = reference.substr(0, reference.find_first_of("/?#"));
  if (scheme.find(':') != kNpos) return parse(reference);
  if (reference.starts_with("//")) return parse(std::string(https ? "https:" : "http:").append(reference));
  const std::string relative = encode_target(reference);
  const std::string_view own = path_of(target);
  Url url = *this;
  if (relative.empty()) return url;
  if (relative.front() == '?') {
    url.target = std::string(own) + relative;
    return url;
  }
  std::string path(path_of(relative));
  const std::string query = relative.substr(path.size());
  if (path.front() != '/') path.insert(0, own.substr(0, own.rfind('/') + 1));
  url.target = remove_dot_segments(path) + query;
  return url;
}

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (https ? 443 : 80)) text.append(":").append(std::to_string(port));
  return text;
}

std::string Url::origin() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (https ? "https://" : "http://") + name + ":" + std::to_string(port);
}

std::string Url::to_string() const { return (https ? "https://" : "http://") + authority() + target; }

}  // namespace pollux::client
