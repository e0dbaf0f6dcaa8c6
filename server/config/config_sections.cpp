#include "server/config/config_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <utility>

#include "files/type_table.h"
#include "http/chars.h"
#include "http/hosts.h"
#include "http/lists.h"
#include "http/uri.h"
#include "server/config/config_value.h"
#include "server/config/suggest.h"
#include "site/pattern.h"

namespace pollux::server {

namespace {

constexpr std::string_view kHeaders = "headers";
constexpr std::string_view kRedirects = "redirects";
constexpr std::string_view kTypes = "types";
constexpr std::string_view kAuth = "auth";
constexpr std::string_view kCors = "cors";
constexpr std::string_view kSite = "site";

bool is_label_octet(char c) { return http::is_unreserved(c) && c != '.' && c != '~'; }

bool is_domain(std::string_view name) {
  constexpr std::size_t kMaxLabel = 63;
  if (name.empty() || name.size() > http::Hosts::kMaxName) return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kMaxLabel || !http::all_of(label, is_label_octet)) return false;
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

std::string parse_site_name(std::string_view item) {
  std::string name = http::in_lower_case(item);
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    throw BadValue(fmt::format("{} is to be written as browsers send it: xn--...", in_quotes(item)));
  }
  if (name.starts_with('[') && name.ends_with(']') && http::valid_host(name)) {
    return name.substr(1, name.size() - 2);
  }
  if (name.ends_with('.')) name.pop_back();
  const std::string_view bare = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
  if (!is_domain(bare)) {
    throw BadValue(fmt::format("{} is not a host name without a port, such as example.org or *.example.org",
                               in_quotes(item)));
  }
  return name;
}

void add_type(RulesConfig& rules, const SectionEntry& entry) {
  const files::TypeTable::Row row{std::string(entry.name), std::string(entry.value)};
  const std::string_view fault = files::TypeTable::fault_of(row);
  if (!fault.empty())
    throw BadValue(fmt::format("{} = {}: {}", printable(entry.name), printable(entry.value), fault));
  rules.types.push_back({row.extension, row.type, entry.where});
}

void add_header(RulesConfig& rules, const SectionEntry& entry) {
  const std::string_view pattern = entry.section.argument;
  if (rules.last_pattern != pattern) rules.headers.push_back({std::string(pattern), entry.where});
  rules.last_pattern = pattern;
  rules.headers.push_back({fmt::format("  {}: {}", entry.name, entry.value), entry.where});
}

// The rule of these sections: one for each pattern, however many sections have it.
template <class Rule>
Rule& rule_of(std::vector<Rule>& rules, const SectionName& section, const std::string& where) {
  const auto known = std::find_if(rules.begin(), rules.end(),
                                  [&](const Rule& rule) { return rule.pattern == section.argument; });
  if (known != rules.end()) return *known;
  Rule& rule = rules.emplace_back();
  rule.pattern = section.argument;
  rule.where = where;
  return rule;
}

[[noreturn]] void refuse_key(const SectionEntry& entry, std::initializer_list<std::string_view> names) {
  const std::vector<std::string_view> known(names);
  throw BadValue(fmt::format("unknown key {} in [{}]{}", in_quotes(entry.name), entry.section.kind,
                             did_you_mean(nearest(entry.name, known))));
}

void set_auth(RulesConfig::Auth& auth, const SectionEntry& entry) {
  if (entry.name == "file") {
    auth.file = (entry.directory / entry.value).lexically_normal().string();
  } else if (entry.name == "realm") {
    auth.realm = entry.value;
  } else {
    refuse_key(entry, {"file", "realm"});
  }
}

std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  for (const std::string_view item : parse_list(list)) items.emplace_back(item);
  return items;
}

void set_cors(site::CorsOptions& cors, const SectionEntry& entry) {
  constexpr std::chrono::hours kMaxAge(24 * 365);
  if (entry.name == "origins") {
    cors.origins = items_of(entry.value);
  } else if (entry.name == "methods") {
    cors.methods = items_of(entry.value);
  } else if (entry.name == "headers") {
    cors.headers = items_of(entry.value);
  } else if (entry.name == "expose") {
    cors.expose = items_of(entry.value);
  } else if (entry.name == "max_age") {
    cors.max_age = std::chrono::duration_cast<std::chrono::seconds>(
        parse_duration(entry.value, std::chrono::seconds(1), kMaxAge));
  } else if (entry.name == "credentials") {
    cors.credentials = parse_switch(entry.value);
  } else {
    refuse_key(entry, {"origins", "methods", "headers", "expose", "max_age", "credentials"});
  }
}

bool wants_pattern(std::string_view kind) { return kind == kHeaders || kind == kAuth || kind == kCors; }

}  // namespace

SectionName split_section(std::string_view section) {
  section = http::trim_ows(section);
  const std::string_view kind = section.substr(0, section.find_first_of(" \t"));
  return {kind, http::trim_ows(section.substr(kind.size()))};
}

bool is_rule_section(const SectionName& section) {
  const bool free = section.kind == kRedirects || section.kind == kTypes;
  return free || wants_pattern(section.kind) || (section.kind == kSite && !section.argument.empty());
}

std::string section_problem(const SectionName& section) {
  if (wants_pattern(section.kind)) {
    if (section.argument.empty()) {
      return fmt::format("[{0}] wants a path, such as [{0} /assets/*]", section.kind);
    }
    if (section.argument.find_first_of(" \t") != std::string_view::npos) {
      return fmt::format("[{} {}]: a section has one path, in which a space is written as %20", section.kind,
                         printable(section.argument));
    }
    const auto pattern = site::Pattern::parse(section.argument, site::Pattern::PlainHttp::kRefused);
    return pattern.value
               ? std::string()
               : fmt::format("[{} {}]: {}", section.kind, printable(section.argument), pattern.error);
  }
  if ((section.kind == kRedirects || section.kind == kTypes) && !section.argument.empty()) {
    return fmt::format("{} stands behind [{}", in_quotes(section.argument), section.kind);
  }
  return {};
}

std::vector<std::string> parse_site_names(std::string_view text) {
  std::vector<std::string> names;
  for_each_item(text, [&names](std::string_view item) { names.push_back(parse_site_name(item)); });
  return names;
}

void begin_rule(RulesConfig& rules, const SectionName& section, const std::string& where) {
  if (section.kind == kAuth) rule_of(rules.auth, section, where);
  if (section.kind == kCors) rule_of(rules.cors, section, where);
}

void add_rule(RulesConfig& rules, const SectionEntry& entry) {
  const std::string_view kind = entry.section.kind;
  if (kind == kRedirects) {
    rules.redirects.push_back({fmt::format("{} {}", entry.name, entry.value), entry.where});
  } else if (kind == kTypes) {
    add_type(rules, entry);
  } else if (kind == kHeaders) {
    add_header(rules, entry);
  } else if (kind == kAuth) {
    set_auth(rule_of(rules.auth, entry.section, entry.where), entry);
  } else {
    set_cors(rule_of(rules.cors, entry.section, entry.where).options, entry);
  }
}

}  // namespace pollux::server
