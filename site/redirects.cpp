#include "site/redirects.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace pollux::site {

RedirectFile Redirects::parse(std::string_view text) {
  RedirectFile file;
  RuleErrors errors;
  if (text.size() > kMaxFileOctets) {
    errors.add(0, fmt::format("the file is larger than {} octets, and not used", kMaxFileOctets));
    text = {};
  }
  std::unordered_map<std::string, int> first_lines;  // Of sources that need no query parameters.
  LineReader lines(text);
  while (std::optional<LineReader::Line> line = lines.next()) {
    if (!line->error.empty()) {
      errors.add(line->number, std::move(line->error));
      continue;
    }
    Parsed<RedirectRule> rule = RedirectRule::parse(line->text);
    if (!rule.value) {
      errors.add(line->number, std::move(rule.error));
      continue;
    }
    if (rule.value->parameters.empty()) {
      const std::string_view source = line->text.substr(0, line->text.find_first_of(" \t"));
      const auto [first, is_new] = first_lines.emplace(source, line->number);
      if (!is_new) {
        errors.add(line->number,
                   fmt::format("line {} has the same source, and the first one counts", first->second));
        continue;
      }
    }
    if (file.rules.size() == kMaxRules) {
      errors.add(line->number, fmt::format("there are more than {} rules; the rest is not used", kMaxRules));
      break;
    }
    rule.value->line = line->number;
    file.rules.add(std::move(*rule.value));
  }
  file.errors = errors.take();
  return file;
}

void Redirects::add(RedirectRule rule) {
  index_.add(rule.source, rules_.size());
  rules_.push_back(std::move(rule));
}

void Redirects::append(Redirects more) {
  for (RedirectRule& rule : more.rules_) add(std::move(rule));
}

std::optional<Redirect> Redirects::find(const RequestUri& uri) const {
  std::optional<Redirect> first;
  std::size_t first_rule = rules_.size();
  QueryParameters query(uri.query);
  index_.visit(uri.path, [&](std::size_t rule) {
    if (rule >= first_rule) return;
    std::optional<Redirect> redirect = rules_[rule].apply(uri, query);
    if (!redirect) return;
    first = std::move(redirect);
    first_rule = rule;
  });
  return first;
}

bool Redirects::any_forced(std::string_view path) const {
  bool any = false;
  index_.visit(path, [&](std::size_t rule) {
    Captures ignored;
    any = any || (rules_[rule].forced && rules_[rule].source.path().match(path, ignored));
  });
  return any;
}

}  // namespace pollux::site
