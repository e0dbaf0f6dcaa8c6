#include "site/header_rules.h"

#include <algorithm>
#include <array>

#include "http/lists.h"

namespace pollux::site {

namespace {

constexpr std::string_view kBasicAuth = "Basic-Auth";

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

}  // namespace

bool allowed_in_not_modified(std::string_view name) {
  constexpr std::array kOfRepresentations =
      std::to_array<std::string_view>({"Content-Disposition", "Content-Encoding", "Content-Language",
                                       "Content-Length", "Content-Range", "Content-Type", "Last-Modified"});
  return std::none_of(kOfRepresentations.begin(), kOfRepresentations.end(),
                      [&](std::string_view other) { return http::equals_ignoring_case(name, other); });
}

void HeaderEffect::apply(http::FieldLines& lines) const {
  for (const FieldChange& change : fields) {
    const bool adds = http::equals_ignoring_case(change.name, "Vary");
    if (adds && change.values.empty()) continue;
    if (!adds) lines.remove(change.name);
    for (const std::string& value : change.values) lines.add(change.name, value);
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

bool HeaderRules::depends_on_host(std::string_view path) const {
  bool depends = false;
  index_.visit(path, [&](std::size_t rule) {
    Captures ignored;
    const Pattern& pattern = rules_[rule].pattern;
    depends = depends || (pattern.host() && pattern.path().match(path, ignored));
  });
  return depends;
}

}  // namespace pollux::site
