// Access to the paths of a site: passwords ([auth PATTERN], and Basic-Auth of _headers), and the other sites
// whose scripts may read responses ([cors PATTERN]).
//
// If several rules of one kind match a path, the first one counts. A request is checked by its own path, and
// again by the path of the file it leads to, if that differs.
//
// Thread: any, several at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/attempts.h"
#include "http/error_pages.h"
#include "http/request.h"
#include "http/response.h"
#include "site/basic_auth.h"
#include "site/cors.h"
#include "site/header_rules.h"
#include "site/pattern.h"

namespace pollux::site {

struct AuthOptions {
  std::string pattern;
  std::string file;
  std::string realm;
};

struct CorsSection {
  std::string pattern;
  CorsOptions options;
};

class Access {
 public:
  // Throws std::runtime_error, with a reason for people, when a rule cannot work.
  Access(const std::vector<AuthOptions>& auth, const std::vector<CorsSection>& cors);

  // Whether the decision requires a hash, and so a thread that may wait.
  [[nodiscard]] bool must_verify(const http::Request& request, const RequestUri& uri, TimePoint now) const;
  [[nodiscard]] bool may_guard() const { return !guards_.empty(); }
  [[nodiscard]] bool may_guard(std::string_view path) const;  // On some host.

  // The response to a request that is not allowed; std::nullopt: it is allowed. `effect`: that of _headers on
  // `uri`. May hash.
  [[nodiscard]] std::optional<http::Response> refusal(const http::Request& request, const RequestUri& uri,
                                                      const HeaderEffect& effect,
                                                      const http::ErrorPages& errors, const Now& now) const;

  // Whether only some clients are allowed, so that no shared cache may keep the response.
  [[nodiscard]] bool guards(const RequestUri& uri, const HeaderEffect& effect) const {
    return effect.guarded || guard_of(uri) != nullptr;
  }

  // nullptr: no rule for other sites.
  [[nodiscard]] const Cors* cors_of(const RequestUri& uri) const;
  [[nodiscard]] bool any_cors() const { return !cors_.empty(); }

 private:
  struct Guard {
    Pattern pattern;
    BasicAuth auth;
  };
  struct CorsRule {
    Pattern pattern;
    Cors cors;
  };

  [[nodiscard]] BasicAuth* guard_of(const RequestUri& uri) const;

  mutable Attempts attempts_;
  std::vector<std::unique_ptr<Guard>> guards_;
  mutable PlainAuth plain_;
  std::vector<CorsRule> cors_;
};

}  // namespace pollux::site
