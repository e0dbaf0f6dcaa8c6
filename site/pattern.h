// The requests that a rule applies to: a path, or a host and a path.
//
//   /secure/page                       this path, on every host
//   /static/*                          everything below it
//   https://:project.pages.dev/*       everything of these hosts, by http as well, as at Cloudflare
//   http://example.org/*               only requests without TLS (Netlify; for _redirects alone)
//
// Paths are matched in the form of Request::path: decoded, without dot segments and empty segments. So no
// spelling of a path ("/%61dmin", "//admin") evades a rule. Paths are case-sensitive, hosts are not. A port
// in a pattern is refused, as Cloudflare does; that of the request is ignored.
//
// Unlike at Netlify, "/blog" and "/blog/" are two paths, and "/blog/*" does not match "/blog", as at
// Cloudflare.
//
// Thread: any. Constant after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "site/glob.h"
#include "site/rule_file.h"

namespace pollux::site {

struct RequestUri {
  std::string_view host = {};   // Without port and in lower case.
  std::string_view path = {};   // Decoded and normalised.
  std::string_view query = {};  // As received, without its '?'.
  bool secure = false;
};

class Pattern {
 public:
  enum class PlainHttp { kRefused, kAllowed };

  [[nodiscard]] static Parsed<Pattern> parse(std::string_view text, PlainHttp plain_http);

  // Appends the captures. Without a match, the appended captures are meaningless.
  [[nodiscard]] bool match(const RequestUri& uri, Captures& captures) const;

  [[nodiscard]] const Glob& path() const { return path_; }
  [[nodiscard]] const std::optional<Glob>& host() const { return host_; }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::string parse_host(std::string_view text);

  std::optional<Glob> host_;
  Glob path_;
  bool only_plain_http_ = false;
};

// The length of "http://" or "https://" at the beginning of `text`, in any spelling; 0: there is neither.
[[nodiscard]] std::size_t web_scheme_length(std::string_view text);

}  // namespace pollux::site
