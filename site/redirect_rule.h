// One line of _redirects (redirects.h), and its effect on a request.
//
// Thread: any. Constant after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/form.h"
#include "http/message.h"
#include "site/destination.h"
#include "site/pattern.h"

namespace pollux::site {

struct Redirect {
  http::Status status = http::Status::kFound;
  bool forced = false;   // Even if the file exists.
  int line = 0;          // Of the rule, for logs.
  std::string location;  // For a redirect; empty: a rewrite.
  std::string path;      // For a rewrite: decoded and normalised, as Request::path is.
  std::string query;     // For a rewrite: without '?'.

  [[nodiscard]] bool is_rewrite() const { return location.empty(); }
};

// The parameters of a request's query. The query is parsed once, and only if a rule needs it: one path may
// have thousands of rules.
class QueryParameters {
 public:
  explicit QueryParameters(std::string_view query) : query_(query) {}

  // nullptr: it is no form.
  [[nodiscard]] const http::Form* form();

 private:
  const std::string_view query_;
  bool parsed_ = false;
  std::optional<http::Form> form_;
};

struct RedirectRule {
  struct Parameter {
    std::string name;
    std::string value;      // The required value or, if it is captured, its name in the destination.
    bool captured = false;  // Any value but an empty one.
  };

  Pattern source;
  std::vector<Parameter> parameters;
  Destination to;
  http::Status status = http::Status::kFound;
  bool forced = false;
  int line = 0;

  // `text`: without comment lines; text after a '#' that stands alone is a comment, too.
  [[nodiscard]] static Parsed<RedirectRule> parse(std::string_view text);

  // std::nullopt: the rule does not match, or leads to the request's own URL. `query`: that of `uri`.
  [[nodiscard]] std::optional<Redirect> apply(const RequestUri& uri, QueryParameters& query) const;

 private:
  // The error in the status and the text after it; empty: none.
  [[nodiscard]] std::string parse_end(const std::vector<std::string_view>& words);
  [[nodiscard]] std::string parse_parameter(std::string_view word, std::vector<std::string>& names);
  [[nodiscard]] bool match_parameters(const http::Form& form, Captures& captures) const;
};

}  // namespace pollux::site
