#include "server/config/config_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/text_file.h"
#include "server/config/config_file.h"
#include "server/config/config_keys.h"
#include "server/config/config_sections.h"
#include "server/config/config_value.h"

namespace pollux::server {

namespace {

constexpr std::string_view kHeadersSection = "headers";

std::string full_name(std::string_view section, std::string_view name) {
  return fmt::format("{}.{}", section, name);
}

std::string describe_read_error(int error) {
  if (error == EFBIG) {
    return fmt::format("the configuration is larger than {}", size_text(IniFile::kMaxOctets));
  }
  return fmt::format("cannot read the configuration: {}", std::strerror(error));
}

// Each key may appear only once; rules may be equal.
bool may_stand_once(const SectionName& section) {
  return section.kind != kHeadersSection && section.kind != "redirects";
}

std::string key_outside_section(std::string_view name) {
  return fmt::format("{} stands before the first [section]{}", in_quotes(name), suggest_key("", name));
}

}  // namespace

std::string ConfigError::text() const {
  return where.empty() ? message + " (a built-in default)" : fmt::format("{} in {}", message, where);
}

ConfigError LoadedConfig::error_at(std::string_view key, std::string_view problem) const {
  const auto origin = origins.find(key);
  return {fmt::format("{}: {}", key, problem), origin == origins.end() ? std::string() : origin->second};
}

void ConfigBuilder::read_file(const std::string& path) {
  loaded_.file = path;
  const FileText file = read_text_file(path, IniFile::kMaxOctets, FileKind::kAny);
  if (file.error != 0) return add_error(describe_read_error(file.error), path);
  read_text(file.text, path, std::filesystem::path(path).parent_path());
}

void ConfigBuilder::read_text(std::string_view text, const std::string& name,
                              const std::filesystem::path& directory) {
  IniFile file = parse_ini(text);
  std::vector<IniFile::Error> errors = std::move(file.errors);
  // Beyond the number of errors that are shown, the search for suggestions is not worth its time.
  const auto enough = [&errors] { return errors.size() > kMaxErrors; };
  for (const IniFile::Section& section : file.sections) {
    if (enough()) break;
    if (is_section(section.name)) continue;
    std::string problem = begin_section(section.name, fmt::format("{}:{}", name, section.line));
    if (!problem.empty()) errors.push_back({std::move(problem), section.line});
  }

  std::map<std::string, int> lines;  // By full name of the key: the line that set it first.
  for (const IniFile::Entry& entry : file.entries) {
    if (enough()) break;
    const auto [first, fresh] = lines.emplace(full_name(entry.section, entry.key), entry.line);
    std::string message;
    if (entry.section.empty()) {
      message = key_outside_section(entry.key);
    } else if (const SectionName section = split_section(entry.section);
               !is_section(entry.section) && !is_rule_section(section)) {
      continue;  // Reported once, at the section's line.
    } else {
      const std::string where = fmt::format("{}:{}", name, entry.line);
      message = assign({entry.section, entry.key, entry.value, where}, directory);
      if (message.empty() && !fresh && may_stand_once(section)) {
        message = fmt::format("{} is set twice, first in line {}", first->first, first->second);
      }
    }
    if (!message.empty()) errors.push_back({std::move(message), entry.line});
  }

  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  for (IniFile::Error& error : errors) {
    add_error(std::move(error.message), fmt::format("{}:{}", name, error.line));
  }
}

void ConfigBuilder::set(std::string_view section, std::string_view name, std::string_view value,
                        const std::string& where) {
  std::string message =
      is_section(section) ? assign({section, name, value, where}, {})
                          : fmt::format("unknown section {}{}", in_quotes(section), suggest_section(section));
  if (!message.empty()) add_error(std::move(message), where);
}

void ConfigBuilder::set_port(std::uint16_t port, const std::string& where) {
  std::vector<ListenAddress>& listen = loaded_.config.server.listen;
  if (listen.size() > 1) {
    std::string others;
    for (std::size_t i = 1; i < listen.size(); ++i) others += (i > 1 ? ", " : "") + listen[i].text();
    loaded_.warnings.push_back(
        {fmt::format("server.listen: only the first address is kept, not {},", others), where});
  }
  listen.resize(1);
  if (listen.front().is_unix()) listen.front() = {};
  listen.front().port = port;
  loaded_.origins.insert_or_assign("server.listen", where);
}

LoadedConfig ConfigBuilder::take() {
  if (more_errors_) loaded_.errors.push_back({"there are more errors", "all the sources"});
  more_errors_ = false;
  for (const NamedSite& named : std::exchange(sites_, {})) {
    Config config;
    config.site = loaded_.config.site;
    config.site.names = named.names;
    config.site.section = named.section;
    for (const auto& [name, value, directory] : named.settings) {
      find_key("site", name)->set(config, {name, value, directory});  // It succeeded before.
    }
    loaded_.config.sites.push_back(std::move(config.site));
  }
  return std::exchange(loaded_, LoadedConfig());
}

std::string ConfigBuilder::assign(const Assignment& assignment, const std::filesystem::path& directory) {
  const auto& [section, name, value, where] = assignment;
  if (name.empty()) return "there is no key in front of the =";
  if (!is_section(section)) return add_to_section(assignment, directory);
  const Key* key = find_key(section, name);
  if (key == nullptr) {
    return fmt::format("unknown key {} in [{}]{}", in_quotes(name), section, suggest_key(section, name));
  }
  const std::string full = full_name(section, name);
  const std::optional<std::string_view> bare = unquoted(value);
  if (!bare) return full + ": a quote is not closed";  // Without the value, which may be a password.
  if (bare->empty()) return full + " has no value";
  try {
    key->set(loaded_.config, {name, *bare, directory});
  } catch (const BadValue& error) {
    return fmt::format("{}: {}", full, error.what());
  }
  loaded_.origins.insert_or_assign(full, where);
  return {};
}

// Adds an entry of a section without a table of keys. Returns the error in it.
std::string ConfigBuilder::begin_section(std::string_view section, const std::string& where) {
  const SectionName name = split_section(section);
  if (!is_rule_section(name)) {
    return fmt::format("unknown section [{}]{}", printable(section), suggest_section(name.kind));
  }
  if (std::string problem = section_problem(name); !problem.empty()) return problem;
  if (name.kind != "site") {
    begin_rule(loaded_.config.rules, name, where);
    return {};
  }
  try {
    std::vector<std::string> names = parse_site_names(name.argument);
    for (const NamedSite& other : sites_) {
      for (const std::string& one : names) {
        if (std::find(other.names.begin(), other.names.end(), one) == other.names.end()) continue;
        return fmt::format("[{}]: {} is a name of [{}] already", printable(section), one,
                           printable(other.section));
      }
    }
    sites_.push_back({std::string(section), std::move(names), {}});
    return {};
  } catch (const BadValue& error) {
    return fmt::format("[{}]: {}", printable(section), error.what());
  }
}

std::string ConfigBuilder::add_to_section(const Assignment& assignment,
                                          const std::filesystem::path& directory) {
  const auto& [section, name, value, where] = assignment;
  const SectionName section_name = split_section(section);
  if (!section_problem(section_name).empty()) return {};  // Reported at the section's line.
  if (section_name.kind == "site") return add_to_site(assignment, directory);
  // Quotes belong to the values of header fields, as in Clear-Site-Data: "cache".
  const bool as_written = section_name.kind == kHeadersSection;
  const std::optional<std::string_view> bare = as_written ? value : unquoted(value);
  if (!bare) return full_name(section, name) + ": a quote is not closed";
  if (bare->empty()) return full_name(section, name) + " has no value";
  try {
    add_rule(loaded_.config.rules, {section_name, name, *bare, where, directory});
    return {};
  } catch (const BadValue& error) {
    return error.what();
  }
}

std::string ConfigBuilder::add_to_site(const Assignment& assignment, const std::filesystem::path& directory) {
  const auto& [section, name, value, where] = assignment;
  const auto site = std::find_if(sites_.rbegin(), sites_.rend(), [section = section](const NamedSite& named) {
    return named.section == section;
  });
  if (site == sites_.rend()) return {};  // Its names are wrong, which was reported.
  ConfigBuilder trial;
  std::string message = trial.assign({"site", name, value, where}, directory);
  if (!message.empty()) return message;
  site->settings.push_back({std::string(name), std::string(unquoted(value).value()), directory});
  loaded_.origins.insert_or_assign(full_name(section, name), where);
  return {};
}

void ConfigBuilder::add_error(std::string message, std::string where) {
  if (loaded_.errors.size() < kMaxErrors) {
    loaded_.errors.push_back({std::move(message), std::move(where)});
  } else {
    more_errors_ = true;
  }
}

}  // namespace pollux::server
