#include "server/process/sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "log/logger.h"
#include "server/config/config_value.h"
#include "server/config/listen_check.h"

namespace pollux::server {

namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // The kernel's limit.

// Files that libraries read: the loader and OpenSSL of an upgrade, time zones, information on this process
// and the machine.
constexpr std::string_view kReadBySystem[] = {
    "/usr",       "/etc/ssl",   "/etc/pki", "/etc/ld.so.cache", "/etc/localtime",      "/etc/passwd",
    "/etc/group", "/etc/hosts", "/proc",    "/sys/fs/cgroup",   "/sys/devices/system", "/dev/urandom"};
constexpr std::string_view kRunBySystem[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64"};  // The loader.
constexpr std::string_view kReadToResolve[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf"};

fs::path resolved_path(const fs::path& path) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(path, ignored), ignored);
}

class RuleList {
 public:
  void add(const fs::path& path, FileAccess access) {
    PathRule rule{resolved_path(path).string(), access};
    if (std::find(rules_.begin(), rules_.end(), rule) == rules_.end()) rules_.push_back(std::move(rule));
  }

  // The directory that contains `path`, so that `path` can be replaced by renaming; also for the targets of
  // links. The root directory does not count: that would allow everything.
  void add_place_of(fs::path path, FileAccess access) {
    std::error_code error;
    for (int links = 0; links < kMaxLinks; ++links) {
      path = fs::absolute(path, error).lexically_normal();
      if (path.filename().empty()) path = path.parent_path();  // It ends in a slash.
      const fs::path parent = path.parent_path();
      add(resolved_path(parent) == "/" ? path : parent, access);
      const fs::path target = fs::read_symlink(path, error);
      if (error) return;
      path = parent / target;
    }
  }

  // Devices and pipes are never replaced.
  void add_log(const std::string& file) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (fs::exists(status) && !fs::is_regular_file(status)) return add(file, FileAccess::kWrite);
    add_place_of(file, FileAccess::kWrite);
  }

  [[nodiscard]] std::vector<PathRule> take() { return std::move(rules_); }

 private:
  std::vector<PathRule> rules_;
};

void add_site(RuleList& rules, const SiteConfig& site) {
  rules.add_place_of(site.root, FileAccess::kRead);
  for (const std::string& file : {site.headers, site.redirects}) {
    if (file.find('/') != std::string::npos) rules.add_place_of(file, FileAccess::kRead);
  }
  if (site.access && !site.access->empty() && *site.access != "-") rules.add_log(*site.access);
}

void add_accounts(RuleList& rules, const sqlpool::Address& database) {
  if (database.driver == sqlpool::Address::Driver::kSqlite) {
    return rules.add_place_of(database.path, FileAccess::kWrite);  // Its journals are beside it.
  }
  if (!database.ca.empty()) rules.add_place_of(database.ca, FileAccess::kRead);
  for (const std::string_view path : kReadToResolve) rules.add(path, FileAccess::kRead);
}

void add_system(RuleList& rules) {
  for (const std::string_view path : kReadBySystem) rules.add(path, FileAccess::kRead);
  for (const std::string_view path : kRunBySystem) rules.add(path, FileAccess::kExecute);
  rules.add("/dev/null", FileAccess::kWrite);
}

// Whether `path` equals `above` or is beneath it. REQUIRES: neither has symbolic links.
bool is_beneath(std::string_view path, std::string_view above) {
  if (above == "/" || path == above) return true;
  return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

bool includes(FileAccess allowed, FileAccess wanted) {
  return wanted == FileAccess::kRead || allowed == wanted;
}

bool allow(const std::vector<PathRule>& rules, const PathRule& wanted) {
  return std::any_of(rules.begin(), rules.end(), [&wanted](const PathRule& rule) {
    return is_beneath(wanted.path, rule.path) && includes(rule.access, wanted.access);
  });
}

std::optional<std::string> first_refused(const std::vector<PathRule>& allowed,
                                         const std::vector<PathRule>& wanted) {
  if (allowed.empty()) return std::nullopt;
  for (const PathRule& rule : wanted) {
    std::error_code ignored;
    if (!allow(allowed, rule) && fs::exists(rule.path, ignored)) return rule.path;
  }
  return std::nullopt;
}

std::string described(int abi) {
  if (abi == 0) return "no new privileges; this kernel has no Landlock";
  return fmt::format("landlock ABI {}, no new privileges", abi);
}

}  // namespace

std::vector<PathRule> rules_for(const Config& config, const OwnFiles& files) {
  RuleList rules;
  add_site(rules, config.site);
  for (const SiteConfig& site : config.sites) add_site(rules, site);
  for (const RulesConfig::Auth& auth : config.rules.auth) rules.add_place_of(auth.file, FileAccess::kRead);
  for (const auto* list : {&config.tls.certificates, &config.tls.private_keys, &config.tls.ocsp_responses}) {
    for (const std::string& file : *list) {
      if (!file.empty()) rules.add_place_of(file, FileAccess::kRead);
    }
  }
  if (config.log.target == LogTarget::kFile && config.log.file != "-") rules.add_log(config.log.file);
  if (config.log.access && *config.log.access != "-") rules.add_log(*config.log.access);
  if (config.accounts.enabled) add_accounts(rules, config.accounts.database);
  for (const NamedAddress& place : addresses_of(config)) {
    if (place.address.is_unix()) rules.add_place_of(place.address.path, FileAccess::kWrite);
  }
  if (!config.server.pid_file.empty()) rules.add_place_of(config.server.pid_file, FileAccess::kWrite);
  if (!files.config.empty()) rules.add_place_of(files.config, FileAccess::kRead);
  if (!files.program.empty()) rules.add_place_of(files.program, FileAccess::kExecute);
  add_system(rules);
  return rules.take();
}

Sandbox Sandbox::enter(const Config& config, OwnFiles files, const std::vector<PathRule>& inherited) {
  Sandbox sandbox;
  const std::vector<PathRule> wanted = rules_for(config, files);
  sandbox.files_ = std::move(files);
  if (!inherited.empty()) {
    if (const auto path = first_refused(inherited, wanted)) {
      throw std::runtime_error(fmt::format(
          "{} is outside of the sandbox that this program was started in; a restart, in place of an "
          "upgrade, makes a new one",
          in_quotes(*path)));
    }
    sandbox.rules_ = inherited;
    sandbox.description_ = "landlock as before the upgrade, no new privileges";
    return sandbox;
  }
  if (!config.server.sandbox) return sandbox;
  no_new_privileges();
  const int abi = Landlock::abi();
  sandbox.description_ = described(abi);
  if (abi == 0) return sandbox;
  Landlock::restrict_to(wanted);
  sandbox.rules_ = wanted;
  return sandbox;
}

std::string Sandbox::forecast(const ServerConfig& config) {
  return config.sandbox ? described(Landlock::abi()) : "off";
}

bool Sandbox::allows(const std::string& path, FileAccess access) const {
  return rules_.empty() || allow(rules_, {resolved_path(path).string(), access});
}

std::optional<std::string> Sandbox::refused(const Config& config) const {
  return first_refused(rules_, rules_for(config, files_));
}

}  // namespace pollux::server
