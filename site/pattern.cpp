#include "site/pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/chars.h"
#include "http/lists.h"
#include "http/uri.h"

namespace pollux::site {

namespace {

constexpr std::string_view kHttpScheme = "http://";
constexpr std::string_view kHttpsScheme = "https://";

// Placeholders keep their case.
std::string with_lower_literals(std::string_view host) {
  std::string lower;
  for (std::size_t i = 0; i < host.size();) {
    const std::size_t name = host[i] == ':' ? placeholder_length(host.substr(i + 1)) : 0;
    lower += name > 0 ? std::string(host.substr(i, name + 1)) : std::string(1, http::to_lower(host[i]));
    i += name + 1;
  }
  return lower;
}

bool ends_in_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view port = host.substr(colon + 1);
  return !port.empty() && http::all_of(port, http::is_digit);
}

}  // namespace

std::size_t web_scheme_length(std::string_view text) {
  for (const std::string_view scheme : {kHttpScheme, kHttpsScheme}) {
    if (http::equals_ignoring_case(text.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

Parsed<Pattern> Pattern::parse(std::string_view text, PlainHttp plain_http) {
  Pattern pattern;
  const std::size_t scheme = web_scheme_length(text);
  if (scheme == 0 && !text.starts_with('/'))
    return {{}, fmt::format("{} begins neither with / nor with https://", in_quotes(text))};
  if (scheme > 0) {
    pattern.only_plain_http_ = scheme == kHttpScheme.size();
    if (pattern.only_plain_http_ && plain_http == PlainHttp::kRefused)
      return {{},
              fmt::format("{} must begin with https://, which stands for http:// as well", in_quotes(text))};
    text.remove_prefix(scheme);
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (std::string error = pattern.parse_host(text.substr(0, slash)); !error.empty())
      return {{}, std::move(error)};
    text.remove_prefix(slash);
    if (text.empty()) text = "/";
  }
  Parsed<Glob> path = Glob::parse(http::with_single_slashes(text), '/');  // As paths of requests are.
  if (!path.value) return {{}, fmt::format("{}: {}", in_quotes(text), path.error)};
  pattern.path_ = std::move(*path.value);
  const std::vector<std::string>& names = pattern.path_.names();
  for (const std::string& name : pattern.host_ ? pattern.host_->names() : std::vector<std::string>()) {
    if (std::find(names.begin(), names.end(), name) != names.end())
      return {{}, fmt::format("the name :{} stands for two things", name)};
  }
  return {std::move(pattern)};
}

std::string Pattern::parse_host(std::string_view text) {
  if (ends_in_port(text)) return fmt::format("{} has a port, which is not supported", in_quotes(text));
  const auto fits = [](char c) { return http::is_reg_name_octet(c) || c == ':'; };  // '*' is one, too.
  if (text.empty() || !http::all_of(text, fits)) return fmt::format("{} is not a host name", in_quotes(text));
  Parsed<Glob> host = Glob::parse(with_lower_literals(text), '.');
  if (!host.value) return fmt::format("{}: {}", in_quotes(text), host.error);
  host_ = std::move(host.value);
  return {};
}

bool Pattern::match(const RequestUri& uri, Captures& captures) const {
  if (only_plain_http_ && uri.secure) return false;
  if (host_ && !host_->match(uri.host, captures)) return false;
  return path_.match(uri.path, captures);
}

std::vector<std::string> Pattern::names() const {
  std::vector<std::string> names = path_.names();
  if (host_) names.insert(names.end(), host_->names().begin(), host_->names().end());
  return names;
}

}  // namespace pollux::site
