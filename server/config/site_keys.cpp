#include "server/config/site_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/chars.h"
#include "http/uri.h"
#include "server/config/config_setters.h"
#include "server/config/config_value.h"

namespace pollux::server {

namespace {

void set_root(Config& config, const Setting& setting) { config.site.root = resolved(setting); }

void set_index(Config& config, const Setting& setting) {
  constexpr std::size_t kMax = 16;  // Each is one more file to look for in a directory that has none.
  std::vector<std::string> names;
  for_each_item(setting.value, [&names](std::string_view item) {
    if (item.front() == '.' || item.find('/') != std::string_view::npos) {
      throw BadValue(fmt::format("{} is not the name of a visible file", in_quotes(item)));
    }
    names.emplace_back(item);
  });
  if (names.size() > kMax) throw BadValue(fmt::format("the list has more than {} names", kMax));
  config.site.index = std::move(names);
}

void set_members_only(Config& config, const Setting& setting) {
  std::vector<std::string> prefixes;
  if (setting.value == "off") return config.site.members_only.clear();
  for_each_item(setting.value, [&prefixes](std::string_view item) {
    std::string storage;
    const http::PathResult path = http::normalise_path(item, storage);
    if (path.error != http::PathError::kOk || path.path != item || !item.ends_with('/')) {
      throw BadValue(
          fmt::format("{} is not off, nor the path of a directory, such as /members/", in_quotes(item)));
    }
    prefixes.emplace_back(item);
  });
  config.site.members_only = std::move(prefixes);
}

void set_error_page(Config& config, const Setting& setting) {
  const std::string_view digits = setting.name.substr(setting.name.size() - kAnyDigits.size());
  int status = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), status);
  if (status < 400 || status > 599) throw BadValue(fmt::format("{} is not within 400 to 599", status));
  if (setting.value == "off") {
    config.site.error_pages.erase(status);
    return;
  }
  if (setting.value.front() != '/') {
    throw BadValue(fmt::format("{} is not off, and does not begin with / (it is a path on the site)",
                               in_quotes(setting.value)));
  }
  const std::filesystem::path path(setting.value);
  if (std::find(path.begin(), path.end(), "..") != path.end()) {
    throw BadValue(fmt::format("{} has a .. in it", in_quotes(setting.value)));
  }
  config.site.error_pages[status] = setting.value;
}

// A file in the root by its bare name, another one as every path.
Setter rule_file(std::string SiteConfig::*member) {
  return [=](Config& config, const Setting& setting) {
    std::string& file = config.site.*member;
    if (setting.value == "off") {
      file.clear();
    } else {
      const bool bare = setting.value.find('/') == std::string_view::npos;
      file = bare ? std::string(setting.value) : resolved(setting);
      if (!bare && file.find('/') == std::string::npos)
        file.insert(0, "./");  // Of "./name": not in the root.
    }
  };
}

void set_fallback(Config& config, const Setting& setting) {
  if (setting.value == "off") return config.site.fallback.clear();
  std::string storage;
  const http::PathResult path = http::normalise_path(setting.value, storage);
  if (path.error != http::PathError::kOk || path.path != setting.value || setting.value.front() != '/') {
    throw BadValue(
        fmt::format("{} is not off, nor a path on the site, such as /index.html", in_quotes(setting.value)));
  }
  config.site.fallback = setting.value;
}

void set_cache_control(Config& config, const Setting& setting) {
  config.site.cache_control.clear();
  if (setting.value == "off") return;
  for (const std::string_view directive : parse_list(setting.value)) {
    const std::string_view name = directive.substr(0, directive.find('='));
    if (!http::is_token(name) || !http::all_of(directive, http::is_field_octet)) {
      throw BadValue(
          fmt::format("{} is not off, and not a directive such as max-age=60", in_quotes(directive)));
    }
  }
  config.site.cache_control = setting.value;
}

void set_own_access(Config& config, const Setting& setting) {
  config.site.access = access_log_file(setting).value_or("");
}

}  // namespace

std::vector<Key> site_keys() {
  constexpr auto kSite = &Config::site;
  using S = SiteConfig;
  return {
      {"site", "root", set_root},
      {"site", "index", set_index},
      {"site", "cache_control", set_cache_control},
      {"site", "error_page_NNN", set_error_page},
      {"site", "protected", set_members_only},
      {"site", "echo", on_off(kSite, &S::echo)},
      {"site", "chat", on_off(kSite, &S::chat)},
      {"site", "headers", rule_file(&SiteConfig::headers)},
      {"site", "redirects", rule_file(&SiteConfig::redirects)},
      {"site", "listing", on_off(kSite, &S::listing)},
      {"site", "clean_urls", on_off(kSite, &S::clean_urls)},
      {"site", "fallback", set_fallback},
      {"site", "hidden", on_off(kSite, &S::hidden)},
      {"site", "precompressed", on_off(kSite, &S::precompressed)},
      {"site", "compress", on_off(kSite, &S::compress)},
      {"site", "sendfile",
       choice(kSite, &S::sendfile,
              {{"auto", Sendfile::kAuto}, {"on", Sendfile::kOn}, {"off", Sendfile::kOff}})},
      {"site", "access", set_own_access},
  };
}

}  // namespace pollux::server
