#include "server/config_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/chars.h"
#include "http/lists.h"
#include "http/type_table.h"
#include "http/uri.h"
#include "server/config_value.h"

namespace pollux::server {

namespace {

constexpr std::string_view kHeaders = "headers";
constexpr std::string_view kRedirects = "redirects";
constexpr std::string_view kTypes = "types";
constexpr std::string_view kSite = "site";

bool is_label_octet(char c) { return http::is_unreserved(c) && c != '.' && c != '~'; }

bool is_domain(std::string_view name) {
  constexpr std::size_t kMaxName = 253;  // RFC 1035 2.3.4
  constexpr std::size_t kMaxLabel = 63;
  if (name.empty() || name.size() > kMaxName) return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kMaxLabel || !http::all_of(label, is_label_octet)) return false;
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

std::string parse_site_name(std::string_view item) {
  std::string name(item);
  std::transform(name.begin(), name.end(), name.begin(), http::to_lower);
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

}  // namespace

SectionName split_section(std::string_view section) {
  section = http::trim_ows(section);
  const std::string_view kind = section.substr(0, section.find_first_of(" \t"));
  return {kind, http::trim_ows(section.substr(kind.size()))};
}

bool is_rule_section(const SectionName& section) {
  const bool free = section.kind == kHeaders || section.kind == kRedirects || section.kind == kTypes;
  return free || (section.kind == kSite && !section.argument.empty());
}

std::string section_problem(const SectionName& section) {
  if (section.kind == kHeaders && section.argument.empty()) {
    return "[headers] wants a path, such as [headers /assets/*]";
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

void add_rule(RulesConfig& rules, const SectionName& section, std::string_view name, std::string_view value,
              const std::string& where) {
  if (section.kind == kRedirects) {
    rules.redirects.push_back({fmt::format("{} {}", name, value), where});
  } else if (section.kind == kTypes) {
    const std::string_view fault = http::TypeTable::fault_of({std::string(name), std::string(value)});
    if (!fault.empty()) throw BadValue(fmt::format("{} = {}: {}", printable(name), printable(value), fault));
    rules.types.push_back({std::string(name), std::string(value), where});
  } else {
    if (rules.last_pattern != section.argument)
      rules.headers.push_back({std::string(section.argument), where});
    rules.last_pattern = section.argument;
    rules.headers.push_back({fmt::format("  {}: {}", name, value), where});
  }
}

}  // namespace pollux::server
