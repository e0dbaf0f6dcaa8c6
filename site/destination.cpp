#include "site/destination.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/chars.h"
#include "http/uri.h"

namespace pollux::site {

namespace {

// Rewrites in a loop could make the query longer each time.
constexpr std::size_t kMaxUrlOctets = 64UL * 1024;

// The text of the owner, or of the client's query, stays unchanged, except for octets that a Location cannot
// hold (RFC 3986 2), or that browsers read as '/'.
bool is_plain_in_url(char c) {
  return c > ' ' && c < '\x7F' && std::string_view("\"<>\\^`{|}").find(c) == kNpos;
}

bool is_host_label_octet(char c) { return http::is_unreserved(c) && c != '~'; }

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string encoded(std::string_view text) {
  std::string out;
  http::append_encoded(text, is_plain_in_url, out);
  return out;
}

bool has_bad_escape(std::string_view path) {
  for (std::size_t at = path.find('%'); at != kNpos; at = path.find('%', at + 1)) {
    if (path.size() - at < 3 || !http::is_hex(path[at + 1]) || !http::is_hex(path[at + 2])) return true;
  }
  return false;
}

}  // namespace

std::string Url::text() const {
  std::string text = origin + path;
  if (!query.empty()) text.append("?").append(query);
  if (!fragment.empty()) text.append("#").append(fragment);
  return text;
}

Parsed<Destination> Destination::parse(std::string_view text, const Pattern& source,
                                       const std::vector<std::string>& names) {
  Destination to;
  std::string_view rest = text;
  if (const std::size_t scheme = web_scheme_length(text); scheme > 0) {
    const std::size_t end = std::min(text.find_first_of("/?#", scheme), text.size());
    if (std::string error = to.parse_origin(text.substr(0, end), source, names); !error.empty())
      return {{}, std::move(error)};
    rest.remove_prefix(end);
  } else if (!text.starts_with('/')) {
    return {{}, fmt::format("the destination {} begins neither with / nor with https://", in_quotes(text))};
  } else if (text.starts_with("//")) {
    return {{},
            fmt::format("the destination {} begins with //; another host needs https://", in_quotes(text))};
  }

  std::vector<std::string> all = names;
  if (source.host()) all.insert(all.end(), source.host()->names().begin(), source.host()->names().end());
  const std::size_t hash = rest.find('#');
  if (hash != kNpos) to.fragment_ = Template(encoded(rest.substr(hash + 1)), all);
  rest = rest.substr(0, hash);
  const std::size_t mark = rest.find('?');
  if (mark != kNpos) to.query_ = Template(encoded(rest.substr(mark + 1)), all);
  rest = rest.substr(0, mark);
  if (has_bad_escape(rest))
    return {{}, fmt::format("{}: there is a % without two hexadecimal digits after it", in_quotes(text))};
  to.path_ = Template(rest.empty() ? "/" : encoded(rest), all);
  const std::size_t places =
      to.path_.places() + to.fragment_.places() + (to.query_ ? to.query_->places() : 0);
  if (places > Template::kMaxPlaces)
    return {{}, fmt::format("there are more than {} placeholders in the destination", Template::kMaxPlaces)};
  return {std::move(to)};
}

std::string Destination::parse_origin(std::string_view text, const Pattern& source,
                                      const std::vector<std::string>& names) {
  const std::string_view authority = text.substr(web_scheme_length(text));
  const std::vector<std::string> ours = source.host() ? source.host()->names() : std::vector<std::string>();
  std::vector<std::string> all = names;
  all.insert(all.end(), ours.begin(), ours.end());
  const Template parts(authority, all);
  std::string sample;
  for (const Template::Piece& piece : parts.pieces()) {
    if (!piece.name.empty() && !contains(ours, piece.name))
      return fmt::format("the client would choose the host {}: :{} is not a part of the source's host",
                         in_quotes(authority), piece.name);
    sample += piece.literal + (piece.name.empty() ? "" : "x");
  }
  if (http::host_of(sample).empty() || !http::valid_host(sample))
    return fmt::format("{} is not a host", in_quotes(authority));
  origin_ = Template(text, ours);
  return {};
}

std::optional<Url> Destination::expand(const Captures& captures, std::string_view request_query) const {
  Url url;
  for (const Template::Piece& piece : origin_.pieces()) {
    if (!http::all_of(find_capture(captures, piece.name).value_or(""), is_host_label_octet))
      return std::nullopt;
  }
  url.origin = origin_.expand(captures, is_host_label_octet);
  url.path = path_.expand(captures, http::is_plain_in_path);
  // "//host" would name another host.
  if (url.origin.empty()) url.path = http::with_single_slashes(url.path);
  if (query_) {
    url.query = query_->expand(captures, is_plain_in_value);
  } else {
    http::append_encoded(request_query, is_plain_in_url, url.query);
  }
  url.fragment = fragment_.expand(captures, is_plain_in_value);
  if (url.path.size() + url.query.size() + url.fragment.size() > kMaxUrlOctets) return std::nullopt;
  return url;
}

}  // namespace pollux::site
