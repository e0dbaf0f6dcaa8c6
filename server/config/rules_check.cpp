#include "server/config/rules_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text_file.h"
#include "server/config/config_value.h"
#include "server/config/guarded_hosts.h"
#include "server/sites/hosted_site.h"
#include "site/basic_auth.h"
#include "site/cors.h"
#include "site/htpasswd.h"

namespace pollux::server {

namespace {

using Severity = Finding::Severity;

// std::nullopt: no valid pattern, which the configuration's reader has reported.
std::optional<site::Pattern> auth_pattern(const RulesConfig::Auth& auth) {
  return site::Pattern::parse(auth.pattern, site::Pattern::PlainHttp::kRefused).value;
}

std::vector<site::Pattern> auth_patterns(const RulesConfig& rules) {
  std::vector<site::Pattern> patterns;
  for (const RulesConfig::Auth& auth : rules.auth) {
    if (auto pattern = auth_pattern(auth)) patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

class RulesChecker {
 public:
  RulesChecker(const Config& config, For purpose)
      : config_(config), purpose_(purpose), hosts_(config), auth_patterns_(auth_patterns(config.rules)) {}

  [[nodiscard]] std::vector<Finding> run() {
    check_rule_files(config_.site);
    for (const SiteConfig& site : config_.sites) check_rule_files(site);
    for (const RulesConfig::Auth& auth : config_.rules.auth) check_auth(auth);
    for (const RulesConfig::Cors& cors : config_.rules.cors) check_cors(cors);
    return std::move(findings_);
  }

 private:
  // Valid rules work despite errors in others; but guarded files must not be open.
  void check_rule_files(const SiteConfig& site) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(site.root, ignored)) return;
    site::RuleCheck check = site::check_rules(rule_sources(site, config_.rules));
    for (site::RuleProblem& problem : check.problems) {
      if (purpose_ != For::kCheck && !problem.opens) continue;
      add_once({problem.opens ? Severity::kError : Severity::kFault,
                {std::move(problem.message), place(problem.kind, problem.file, problem.line)}});
    }
    const auto is_guarded = [&](const site::RequestUri& uri) {
      return is_in_auth_section(uri) || check.headers.for_request(uri).guarded;
    };
    for (const site::HostGuard& guard : check.host_guards) {
      const std::string way = hosts_.way_around(site, guard.pattern, is_guarded);
      if (way.empty()) continue;
      add_once({Severity::kWarning,
                {"Basic-Auth: " + way, place(site::RuleProblem::Kind::kHeaders, guard.file, guard.line)}});
    }
  }

  // "FILE:LINE"; for configured rules, whose file is empty, their place in the configuration.
  [[nodiscard]] std::string place(site::RuleProblem::Kind kind, const std::string& file, int line) const {
    if (!file.empty()) return line > 0 ? fmt::format("{}:{}", file, line) : file;
    const RulesConfig& rules = config_.rules;
    const auto& lines = kind == site::RuleProblem::Kind::kHeaders ? rules.headers : rules.redirects;
    const auto number = static_cast<std::size_t>(line);
    return number > 0 && number <= lines.size() ? lines[number - 1].where : std::string();
  }

  [[nodiscard]] bool is_in_auth_section(const site::RequestUri& uri) const {
    return std::any_of(auth_patterns_.begin(), auth_patterns_.end(), [&uri](const site::Pattern& pattern) {
      site::Captures ignored;
      return pattern.match(uri, ignored);
    });
  }

  // The configured rules belong to all sites.
  void add_once(Finding finding) {
    const bool said = std::any_of(findings_.begin(), findings_.end(), [&finding](const Finding& other) {
      return other.error.text() == finding.error.text();
    });
    if (!said) findings_.push_back(std::move(finding));
  }

  void check_auth(const RulesConfig::Auth& auth) {
    const auto complain = [&](Severity severity, std::string_view problem) {
      findings_.push_back({severity, {fmt::format("[auth {}]: {}", auth.pattern, problem), auth.where}});
    };
    check_hosts(auth, complain);
    if (auth.file.empty()) return complain(Severity::kError, "there is no file");
    if (is_directory_of_a_site(auth.pattern)) {
      complain(Severity::kWarning,
               "this is a directory, and what lies in it is not guarded: that takes a /*");
    }
    try {
      const site::Realm good(auth.realm);
    } catch (const std::runtime_error& error) {
      complain(Severity::kError, error.what());
    }
    const FileText text = read_text_file(auth.file, site::kMaxFileOctets, FileKind::kRegular);
    if (text.error != 0) {
      return complain(Severity::kError,
                      fmt::format("cannot read {}: {}", in_quotes(auth.file), std::strerror(text.error)));
    }
    const site::HtpasswdFile file = site::Htpasswd::parse(text.text);
    for (const site::RuleError& error : file.errors) {
      findings_.push_back({Severity::kFault, {error.message, fmt::format("{}:{}", auth.file, error.line)}});
    }
    if (file.users.size() == 0)
      complain(Severity::kError, fmt::format("{} has no user", in_quotes(auth.file)));
  }

  template <class Complain>
  void check_hosts(const RulesConfig::Auth& auth, const Complain& complain) const {
    const std::optional<site::Pattern> guard = auth_pattern(auth);
    if (!guard || !guard->host()) return;
    const auto check_site = [&](const SiteConfig& site) {
      const auto is_guarded = [this](const site::RequestUri& uri) { return is_in_auth_section(uri); };
      const std::string way = hosts_.way_around(site, *guard, is_guarded);
      if (!way.empty()) complain(Severity::kWarning, way);
    };
    check_site(config_.site);
    std::for_each(config_.sites.begin(), config_.sites.end(), check_site);
  }

  [[nodiscard]] bool is_directory_of_a_site(const std::string& path) const {
    if (!path.starts_with('/')) return false;
    const auto has_it = [&path](const SiteConfig& site) {
      std::error_code ignored;
      return std::filesystem::is_directory(site.root + path, ignored);
    };
    return path.ends_with('/') || has_it(config_.site) ||
           std::any_of(config_.sites.begin(), config_.sites.end(), has_it);
  }

  void check_cors(const RulesConfig::Cors& cors) {
    try {
      const site::Cors good(cors.options);
    } catch (const std::runtime_error& error) {
      findings_.push_back(
          {Severity::kError, {fmt::format("[cors {}]: {}", cors.pattern, error.what()), cors.where}});
    }
  }

  const Config& config_;
  const For purpose_;
  const GuardedHosts hosts_;
  const std::vector<site::Pattern> auth_patterns_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_rules(const Config& config, For purpose) {
  return RulesChecker(config, purpose).run();
}

}  // namespace pollux::server
