#include "server/rules_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text_file.h"
#include "server/config_value.h"
#include "server/hosted_site.h"
#include "site/basic_auth.h"
#include "site/cors.h"
#include "site/htpasswd.h"

namespace pollux::server {

namespace {

using Severity = Finding::Severity;

class RulesChecker {
 public:
  RulesChecker(const Config& config, For purpose) : config_(config), purpose_(purpose) {}

  [[nodiscard]] std::vector<Finding> run() {
    check_rule_files(config_.site);
    for (const SiteConfig& site : config_.sites) check_rule_files(site);
    for (const RulesConfig::Auth& auth : config_.rules.auth) check_auth(auth);
    for (const RulesConfig::Cors& cors : config_.rules.cors) check_cors(cors);
    return std::move(findings_);
  }

 private:
  // What works of them works; but what should be guarded must not be open.
  void check_rule_files(const SiteConfig& site) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(site.root, ignored)) return;
    for (site::RuleProblem& problem : site::check_rules(rule_sources(site, config_.rules)).problems) {
      if (purpose_ == For::kStart && !problem.opens) continue;
      ConfigError error{std::move(problem.message), problem.file};
      if (problem.line > 0) error.where += fmt::format(":{}", problem.line);
      if (problem.file.empty()) error.where = configured_at(problem);
      add_once({problem.opens ? Severity::kError : Severity::kFault, std::move(error)});
    }
  }

  [[nodiscard]] std::string configured_at(const site::RuleProblem& problem) const {
    const RulesConfig& rules = config_.rules;
    const auto& lines = problem.kind == site::RuleProblem::Kind::kHeaders ? rules.headers : rules.redirects;
    const auto line = static_cast<std::size_t>(problem.line);
    return line > 0 && line <= lines.size() ? lines[line - 1].where : std::string();
  }

  // The rules of the configuration are all sites' rules.
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
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_rules(const Config& config, For purpose) {
  return RulesChecker(config, purpose).run();
}

}  // namespace pollux::server
