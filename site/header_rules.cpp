#include "site/header_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/lists.h"

namespace pollux::site {

namespace {

FieldChange* find_change(std::vector<FieldChange>& changes, std::string_view name) {
  for (FieldChange& change : changes) {
    if (http::equals_ignoring_case(change.name, name)) return &change;
  }
  return nullptr;
}

FieldChange& change_of(std::vector<FieldChange>& changes, const std::string& name) {
  if (FieldChange* change = find_change(changes, name)) return *change;
  return changes.emplace_back(FieldChange{name, {}});
}

void apply_change(const FieldChange& change, http::FieldLines& lines) {
  const bool adds = http::equals_ignoring_case(change.name, "Vary");
  if (adds && change.values.empty()) return;
  if (!adds) lines.remove(change.name);
  for (const std::string& value : change.values) lines.add(change.name, value);
}

// Fields about content and caching (RFC 9110 8, RFC 9111 5, RFC 9213).
bool is_about_content(std::string_view name) {
  constexpr std::array kNames = std::to_array<std::string_view>(
      {"Accept-Ranges", "Cache-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control",
       "Content-Disposition", "Content-Language", "Content-Location", "Content-Type", "ETag", "Expires",
       "Last-Modified", "Netlify-CDN-Cache-Control"});
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view other) { return http::equals_ignoring_case(name, other); });
}

}  // namespace

void HeaderEffect::apply(http::FieldLines& lines) const {
  for (const FieldChange& change : fields) apply_change(change, lines);
}

void HeaderEffect::apply_to_another_page(http::FieldLines& lines) const {
  for (const FieldChange& change : fields) {
    if (!is_about_content(change.name)) apply_change(change, lines);
  }
}

void HeaderRules::Rule::add_to(HeaderEffect& effect, const Captures& captures) const {
  for (const std::string& name : detached) {
    if (http::equals_ignoring_case(name, kBasicAuth)) {
      effect.guarded = false;
      effect.allowed.clear();
    } else {
      change_of(effect.fields, name).values.clear();
    }
  }
  for (const Field& field : fields) {
    std::vector<std::string>& values = change_of(effect.fields, field.name).values;
    std::string value = field.value.expand(captures, is_plain_in_value);
    if (values.empty() || http::equals_ignoring_case(field.name, "Set-Cookie")) {
      values.push_back(std::move(value));
    } else {
      values.front().append(", ").append(value);
    }
  }
  effect.guarded = effect.guarded || guarded;
  effect.allowed.insert(effect.allowed.end(), allowed.begin(), allowed.end());
}

void HeaderRules::add(Rule rule) {
  index_.add(rule.pattern, rules_.size());
  rules_.push_back(std::move(rule));
}

void HeaderRules::append(HeaderRules more) {
  for (Rule& rule : more.rules_) add(std::move(rule));
}

HeaderEffect HeaderRules::for_request(const RequestUri& uri) const {
  std::vector<std::size_t> candidates;
  index_.visit(uri.path, [&](std::size_t rule) { candidates.push_back(rule); });
  std::sort(candidates.begin(), candidates.end());
  HeaderEffect effect;
  for (const std::size_t rule : candidates) {
    Captures captures;
    if (rules_[rule].pattern.match(uri, captures)) rules_[rule].add_to(effect, captures);
  }
  return effect;
}

template <class Predicate>
bool HeaderRules::any_rule_of(std::string_view path, const Predicate& predicate) const {
  bool any = false;
  index_.visit(path, [&](std::size_t rule) {
    Captures ignored;
    any = any || (predicate(rules_[rule]) && rules_[rule].pattern.path().match(path, ignored));
  });
  return any;
}

bool HeaderRules::depends_on_host(std::string_view path) const {
  return any_rule_of(path, [](const Rule& rule) { return rule.pattern.host().has_value(); });
}

bool HeaderRules::may_guard(std::string_view path) const {
  return any_rule_of(path, [](const Rule& rule) { return rule.guarded; });
}

std::vector<HeaderRules::Guard> HeaderRules::guards() const {
  std::vector<Guard> guards;
  for (const Rule& rule : rules_) {
    if (rule.guarded) guards.push_back({rule.line, rule.pattern});
  }
  return guards;
}

}  // namespace pollux::site
