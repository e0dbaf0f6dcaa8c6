// The destination of a redirect or a rewrite: a path of this site, or an absolute http(s) URL; either with
// query and fragment. In it, ":name" stands for what the source captured.
//
// A client cannot choose the host (an open redirect): the host may contain only captures from the source's
// own host, and a path that would begin with "//" begins with "/".
//
// Thread: any. Constant after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "site/pattern.h"
#include "site/template.h"

namespace pollux::site {

struct Url {
  std::string origin;    // "https://host:port"; empty: this site.
  std::string path;      // Percent-encoded, begins with '/'.
  std::string query;     // Without '?'.
  std::string fragment;  // Without '#'.

  [[nodiscard]] std::string text() const;  // For a Location field: visible ASCII.
};

class Destination {
 public:
  // `names`: those of the source's path and of query parameters.
  [[nodiscard]] static Parsed<Destination> parse(std::string_view text, const Pattern& source,
                                                 const std::vector<std::string>& names);

  [[nodiscard]] bool is_absolute() const { return !origin_.pieces().empty(); }

  // The query is that of the request, unless the destination has its own. std::nullopt: a capture is no valid
  // part of a host, or the URL would be longer than 64 KiB.
  [[nodiscard]] std::optional<Url> expand(const Captures& captures, std::string_view request_query) const;

 private:
  [[nodiscard]] std::string parse_origin(std::string_view text, const Pattern& source,
                                         const std::vector<std::string>& names);

  Template origin_;
  Template path_;
  std::optional<Template> query_;
  Template fragment_;
};

}  // namespace pollux::site
