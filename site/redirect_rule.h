// One line of _redirects (redirects.h), and what it says about a request.
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
  bool forced = false;   // Even if there is a file.
  int line = 0;          // Of the rule, for logs.
  std::string location;  // Of a redirect; empty: a rewrite.
  std::string path;      // Of a rewrite: decoded and normalised, as Request::path is.
  std::string query;     // Of a rewrite: without '?'.

  [[nodiscard]] bool is_rewrite() const { return location.empty(); }
};

// The parameters of a request's query. It is taken apart once, and only if a rule asks: thousands of rules
// may stand under one path.
class QueryParameters {
 public:
  explicit QueryParameters(std::string_view query) : query_(query) {}

  // nullptr: it is not a form.
  [[nodiscard]] const http::Form* form();

 private:
  const std::string_view query_;
  bool parsed_ = false;
  std::optional<http::Form> form_;
};

struct RedirectRule {
  struct Parameter {
    std::string name;
    std::string value;      // What it has to be, or, if it is captured, what the destination calls it.
    bool captured = false;  // Whatever it is, but not empty.
  };

  Pattern source;
  std::vector<Parameter> parameters;
  Destination to;
  http::Status status = http::Status::kFound;
  bool forced = false;
  int line = 0;

  // `text`: without comment lines; what stands behind a '#' of its own is a comment, too.
  [[nodiscard]] static Parsed<RedirectRule> parse(std::string_view text);

  // std::nullopt: it does not match, or leads to where the request is already. `query`: that of `uri`.
  [[nodiscard]] std::optional<Redirect> apply(const RequestUri& uri, QueryParameters& query) const;

 private:
  // What is wrong with the status and what follows it; empty: nothing.
  [[nodiscard]] std::string parse_end(const std::vector<std::string_view>& words);
  [[nodiscard]] std::string parse_parameter(std::string_view word, std::vector<std::string>& names);
  [[nodiscard]] bool match_parameters(const http::Form& form, Captures& captures) const;
};

}  // namespace pollux::site
