#include "site/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace pollux::site {

namespace {

constexpr std::string_view kPlainRealm = "Members";  // Basic-Auth of _headers names none.

Pattern pattern_of(std::string_view section, const std::string& text) {
  Parsed<Pattern> pattern = Pattern::parse(text, Pattern::PlainHttp::kRefused);
  if (!pattern.value) throw std::runtime_error(fmt::format("[{} {}]: {}", section, text, pattern.error));
  return std::move(*pattern.value);
}

}  // namespace

Access::Access(const std::vector<AuthOptions>& auth, const std::vector<CorsSection>& cors)
    : attempts_(AttemptLimits()), plain_(kPlainRealm, attempts_) {
  for (const auto& [pattern, file, realm] : auth) {
    guards_.emplace_back(new Guard{pattern_of("auth", pattern), BasicAuth({file, realm}, attempts_)});
  }
  for (const auto& [pattern, options] : cors) cors_.push_back({pattern_of("cors", pattern), Cors(options)});
}

bool Access::must_verify(const http::Request& request, const RequestUri& uri, TimePoint now) const {
  BasicAuth* guard = guard_of(uri);
  return guard != nullptr && guard->look(request, now) == Verdict::kMustVerify;
}

bool Access::may_guard(std::string_view path) const {
  return std::any_of(guards_.begin(), guards_.end(), [path](const auto& guard) {
    Captures ignored;
    return guard->pattern.path().match(path, ignored);
  });
}

std::optional<http::Response> Access::refusal(const http::Request& request, const RequestUri& uri,
                                              const HeaderEffect& effect, const http::ErrorPages& errors,
                                              const Now& now) const {
  if (BasicAuth* guard = guard_of(uri)) {
    const Verdict verdict = guard->verify(request, now.steady);
    if (verdict != Verdict::kAllowed) return guard->refuse(verdict, request, errors, now);
  }
  if (!effect.guarded) return std::nullopt;
  const Verdict verdict = plain_.look(request, effect.allowed, now.steady);
  if (verdict == Verdict::kAllowed) return std::nullopt;
  return plain_.refuse(verdict, request, errors, now);
}

const Cors* Access::cors_of(const RequestUri& uri) const {
  for (const CorsRule& rule : cors_) {
    Captures ignored;
    if (rule.pattern.match(uri, ignored)) return &rule.cors;
  }
  return nullptr;
}

BasicAuth* Access::guard_of(const RequestUri& uri) const {
  for (const auto& guard : guards_) {
    Captures ignored;
    if (guard->pattern.match(uri, ignored)) return &guard->auth;
  }
  return nullptr;
}

}  // namespace pollux::site
