// Access to the paths of a site: passwords ([auth PATTERN], and Basic-Auth of _headers), and the other sites
// whose scripts may read the answers ([cors PATTERN]).
//
// Of several rules of one kind that match a path, the first counts. A request is asked about by its own path,
// and once more by the path of the file it leads to, if that is another.
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
  // Throws std::runtime_error, with a reason for people, when one of the rules cannot work.
  Access(const std::vector<AuthOptions>& auth, const std::vector<CorsSection>& cors);

  // Whether it takes a hash, and so a thread that may wait, to tell if the request is let in.
  [[nodiscard]] bool must_verify(const http::Request& request, const RequestUri& uri, TimePoint now) const;
  [[nodiscard]] bool may_guard() const { return !guards_.empty(); }
  [[nodiscard]] bool may_guard(std::string_view path) const;  // On some host.

  // The answer to one that is not let in. std::nullopt: it is. `effect`: of _headers on `uri`. May hash.
  [[nodiscard]] std::optional<http::Response> refusal(const http::Request& request, const RequestUri& uri,
                                                      const HeaderEffect& effect,
                                                      const http::ErrorPages& errors, const Now& now) const;

  // Whether only some are let in, so that no shared cache may keep the answer.
  [[nodiscard]] bool guards(const RequestUri& uri, const HeaderEffect& effect) const {
    return effect.guarded || guard_of(uri) != nullptr;
  }

  // nullptr: no other site is spoken of.
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
