// The sections that take an argument or free names.
//
//   [site example.org, *.example.org]     keys of [site], for these hosts
//   [headers /assets/*]                   NAME = VALUE, as _headers has it
//   [redirects]                           /from/* = /to/:splat 301, as _redirects has it
//   [types]                               .ext = type/subtype
//   [auth /team/*]                        file, realm
//   [cors /api/*]                         origins, methods, headers, expose, max_age, credentials
//
// Thread: start-up only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

struct SectionName {
  std::string_view kind;      // "site"
  std::string_view argument;  // "example.org, *.example.org"; empty: none.
};
[[nodiscard]] SectionName split_section(std::string_view section);

// Whether the section has no table of keys: its names are free, or it has an argument.
[[nodiscard]] bool is_rule_section(const SectionName& section);

// The error in the head of such a section; empty: none.
[[nodiscard]] std::string section_problem(const SectionName& section);

// The names of a [site NAME, NAME], in lower case. Throws BadValue.
[[nodiscard]] std::vector<std::string> parse_site_names(std::string_view text);

// Makes the rule of an [auth PATTERN] or a [cors PATTERN]. A section without entries makes a rule that cannot
// work, instead of no rule. REQUIRES: the section has no problem.
void begin_rule(RulesConfig& rules, const SectionName& section, const std::string& where);

// An entry of a section other than [site NAME].
struct SectionEntry {
  SectionName section;
  std::string_view name;
  std::string_view value;
  const std::string& where;
  const std::filesystem::path& directory;  // The base of relative paths.
};

// Throws BadValue.
void add_rule(RulesConfig& rules, const SectionEntry& entry);

}  // namespace pollux::server
