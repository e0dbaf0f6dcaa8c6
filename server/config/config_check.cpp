#include "server/config/config_check.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"
#include "files/document_root.h"
#include "server/config/config_value.h"
#include "server/config/listen_check.h"
#include "server/config/rules_check.h"
#include "server/config/served_tree.h"
#include "server/process/service_user.h"
#include "server/sites/tls_identity.h"
#include "tls/certificate.h"

namespace pollux::server {

namespace {

using Problem = std::optional<std::string>;

std::string cannot(std::string_view what, const std::string& path, int error) {
  return fmt::format("cannot {} {}: {}", what, in_quotes(path), std::strerror(error));
}

// Uses the process's current rights. ELOOP and the like count, too, as they deny access as well.
bool may(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

Problem directory_problem(const std::string& path) {
  const UniqueFd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return cannot("open the directory", path, errno);
  if (!may(path, X_OK)) return cannot("enter the directory", path, errno);
  return std::nullopt;
}

// The file may exist or not: it is written to, or created in an existing directory.
Problem writing_problem(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return fmt::format("{} is a directory", in_quotes(path));
    if (!may(path, W_OK)) return cannot("write to", path, errno);
    return std::nullopt;
  }
  if (errno != ENOENT) return cannot("open", path, errno);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? std::string(1, '.') : parent.string();
  if (path.ends_with('/')) return fmt::format("{} is not the name of a file", in_quotes(path));
  if (!may(directory, F_OK)) return cannot("find the directory", directory, errno);
  if (!may(directory, W_OK | X_OK)) return cannot("create a file in", directory, errno);
  return std::nullopt;
}

// Devices may be shared, and are never rotated.
bool same_regular_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (std::filesystem::exists(a, ignored) && !std::filesystem::is_regular_file(a, ignored)) return false;
  const auto name = [&ignored](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  return name(a) == name(b);
}

class Checker {
 public:
  Checker(const LoadedConfig& loaded, For purpose) : loaded_(loaded), purpose_(purpose) {}

  [[nodiscard]] std::vector<Finding> run() {
    check_listeners();
    if (purpose_ != For::kReload) check_user();  // A running server keeps its user, which all threads share.
    {
      const ActingAs rights(user_);
      for_each_site([this](const SiteConfig& site) { check_site(site); });
      check_log();
      check_pid_file();
      check_accounts();
    }
    check_tls();
    for_each_site([this](const SiteConfig& site) { check_secrets(site); });
    check_status();
    const ActingAs rights(user_);
    std::vector<Finding> of_rules = check_rules(loaded_.config, purpose_);
    std::move(of_rules.begin(), of_rules.end(), std::back_inserter(findings_));
    return std::move(findings_);
  }

 private:
  using Severity = Finding::Severity;

  void check_listeners() {
    const Config& config = loaded_.config;
    const std::vector<NamedAddress> all = addresses_of(config);
    if (config.server.listen.empty() && config.tls.listen.empty())
      report("server.listen", "is off, and there is no tls.listen");
    for (const NamedAddress& one : all) report(one.key, proxy_problem(one));
    for (auto one = all.begin(); one != all.end(); ++one) {
      const auto before = std::find_if(all.begin(), one, [one](const NamedAddress& other) {
        return overlap(one->address, other.address);
      });
      if (before != one) {
        report(one->key, overlap_text(*before, *one));
      } else if (purpose_ == For::kCheck) {
        report(one->key, taken(one->address), Severity::kWarning);
      }
    }
  }

  // On a listener with the PROXY protocol, only trusted proxies can connect.
  [[nodiscard]] Problem proxy_problem(const NamedAddress& listener) const {
    const ServerConfig& server = loaded_.config.server;
    const ListenAddress& address = listener.address;
    if (listener.key == "status.listen") {
      if (!address.proxy) return std::nullopt;
      return fmt::format("{}: the status pages are not for balancers", address.text());
    }
    if (!address.proxy && !server.proxy_protocol) return std::nullopt;
    const bool somebody = address.is_unix() ? server.trusts_unix_clients : !server.trusted_proxies.empty();
    if (somebody) return std::nullopt;
    return fmt::format(
        "{} is for balancers (PROXY protocol), and none that could connect is in "
        "server.trusted_proxies",
        address.text());
  }

  static std::string overlap_text(const NamedAddress& before, const NamedAddress& address) {
    if (before.address.same_place(address.address)) {
      return fmt::format("{} is in {} already", address.address.text(), before.key);
    }
    return fmt::format("{} cannot be had beside {} in {}", address.address.text(), before.address.text(),
                       before.key);
  }

  void check_tls() {
    const TlsConfig& tls = loaded_.config.tls;
    if (tls.redirect_http && tls.listen.empty()) report("tls.redirect_http", "there is no tls.listen");
    if (!tls.listen.empty() && tls.certificates.empty()) {
      report("tls.listen", "there is no tls.certificate");
      if (tls.private_keys.empty()) report("tls.listen", "there is no tls.private_key");
      return;
    }
    const auto fits = [&](std::string_view key, const std::vector<std::string>& files) {
      if (files.size() == tls.certificates.size()) return true;
      report(key, fmt::format("{} for {} in tls.certificate: it wants one for each", files.size(),
                              tls.certificates.size()));
      return false;
    };
    const bool keys =
        fits(tls.private_keys.empty() ? "tls.certificate" : "tls.private_key", tls.private_keys);
    const bool responses = tls.ocsp_responses.empty() || fits("tls.ocsp_response", tls.ocsp_responses);
    if (!keys || !responses) return;
    for (const tls::CertificateFiles& files : certificate_files(tls)) check_certificate(files);
  }

  void check_certificate(const tls::CertificateFiles& files) {
    constexpr std::string_view kKey = "tls.certificate";
    const std::vector<tls::FileProblem> problems = tls::file_problems(files);
    for (const auto& [file, message] : problems) report(key_of(file), message);
    if (!problems.empty()) return;
    const auto now = std::chrono::system_clock::now();
    try {
      const tls::Certificate certificate(files);
      report(kKey, certificate.invalid_at(now),
             purpose_ == For::kReload ? Severity::kError : Severity::kFault);
      report(kKey, certificate.chain_warning(), Severity::kWarning);
      report("tls.ocsp_response", certificate.ocsp_warning_at(now), Severity::kWarning);
    } catch (const tls::Error& error) {
      report(kKey, error.what());
    }
  }

  static std::string_view key_of(std::string tls::CertificateFiles::*file) {
    if (file == &tls::CertificateFiles::private_key) return "tls.private_key";
    return file == &tls::CertificateFiles::ocsp_response ? "tls.ocsp_response" : "tls.certificate";
  }

  template <class Check>
  void for_each_site(const Check& check) {
    check(loaded_.config.site);
    for (const SiteConfig& site : loaded_.config.sites) check(site);
  }

  void check_site(const SiteConfig& site) {
    if (!wanted(key(site, "root"))) return;
    const Problem problem = directory_problem(site.root);
    report(key(site, "root"), problem);
    if (!problem) check_pages(site);
    if (!site.members_only.empty() && !loaded_.config.accounts.enabled) {
      report(key(site, "protected"),
             "there are no members while accounts.enabled is off; off: nothing is protected");
    }
  }

  void check_pages(const SiteConfig& site) {
    const files::DocumentRoot root(site.root);
    const bool has_index =
        std::any_of(site.index.begin(), site.index.end(),
                    [&root](const std::string& name) { return bool(root.open('/' + name)); });
    if (!has_index && !site.listing && purpose_ == For::kCheck) {
      report(key(site, "index"), "no such file is in site.root, so / is answered 404", Severity::kWarning);
    }
    for (const auto& [status, page] : site.error_pages) {
      const std::string name = key(site, fmt::format("error_page_{}", status));
      if (root.open(page) || !is_written(name)) continue;
      report(name, fmt::format("{} is no file of the site; a built-in page takes its place", in_quotes(page)),
             Severity::kWarning);
    }
    if (!site.fallback.empty() && !root.open(site.fallback)) {
      report(key(site, "fallback"), fmt::format("{} is no file of the site", in_quotes(site.fallback)),
             Severity::kWarning);
    }
  }

  void check_user() {
    const ServerConfig& server = loaded_.config.server;
    if (!server.group.empty() && server.user.empty()) report("server.group", "there is no server.user");
    try {
      user_ = ServiceUser::of(server);
    } catch (const std::runtime_error& error) {
      report(server.group.empty() ? "server.user" : "server.group", error.what());
    }
  }

  void check_pid_file() {
    const std::string& file = loaded_.config.server.pid_file;
    if (!file.empty()) report("server.pid_file", writing_problem(file));
  }

  void check_log() {
    const LogConfig& log = loaded_.config.log;
    if (log.to_file()) report("log.file", writing_problem(log.file));
    if (log.target != LogTarget::kFile && !may(log.file, W_OK)) {
      report("log.file", cannot("write to", log.file, errno), Severity::kWarning);
    }
    if (log.access && *log.access != "-") check_log_file("log.access", *log.access);
    for_each_site([this](const SiteConfig& site) {
      if (site.names.empty() || is_written(site.section + ".access")) check_site_log(site);
    });
  }

  void check_site_log(const SiteConfig& site) {
    if (!site.access || site.access->empty() || *site.access == "-") return;
    check_log_file(key(site, "access"), *site.access);
  }

  // Two logs in one file would rotate it away from each other.
  void check_log_file(const std::string& name, const std::string& file) {
    report(name, writing_problem(file));
    const LogConfig& log = loaded_.config.log;
    if (log.to_file() && same_regular_file(log.file, file)) {
      report(name, fmt::format("{} is the file of log.file already", in_quotes(file)));
    }
    for (const auto& [other, taken] : log_files_) {
      if (!same_regular_file(taken, file)) continue;
      report(name, fmt::format("{} is the file of {} already", in_quotes(file), other));
    }
    log_files_.emplace_back(name, file);
  }

  // An unavailable database must not keep the files from being served, hence faults.
  void check_accounts() {
    constexpr std::string_view kKey = "accounts.database";
    const AccountsConfig& accounts = loaded_.config.accounts;
    if (!accounts.enabled || !wanted(kKey)) return;
    const sqlpool::Address& database = accounts.database;
    if (database.driver == sqlpool::Address::Driver::kSqlite) {
      report(kKey, writing_problem(database.path), Severity::kFault);
    } else if (!database.ca.empty() && !may(database.ca, R_OK)) {
      report(kKey, cannot("read", database.ca, errno), Severity::kFault);
    }
  }

  // A client of a proxy on this machine has the machine's own address.
  void check_status() {
    const Config& config = loaded_.config;
    const StatusConfig& status = config.status;
    if (!status.enabled) return;
    if (!status.allow_is_written && !on_loopback(status.listen)) {
      report("status.listen", "nobody may see the status pages there: status.allow is not written",
             Severity::kWarning);
    }
    const bool unix_clients = status.any || is_listed(status, kUnixClient);
    for (const ListenAddress& address : status.listen) {
      if (!address.is_unix() || unix_clients) continue;
      report("status.listen",
             fmt::format("nobody may see the status pages through {}: status.allow does not list unix:",
                         address.text()),
             Severity::kWarning);
    }
    if (!status.listen.empty() || status.any) return;
    const bool reachable = !on_loopback(config.server.listen) || !on_loopback(config.tls.listen);
    if (status.allow_is_written && allows_loopback(status) && reachable) {
      report("status.allow",
             "a proxy on this machine makes its clients loopback; status.listen keeps them out",
             Severity::kWarning);
    }
    if (trusts_loopback(config.server)) {
      report("server.trusted_proxies",
             "requests from this machine count as a proxy's, so nobody on it sees the status pages; "
             "status.listen shows them",
             Severity::kWarning);
    }
  }

  static bool is_loopback(const std::string& text) {
    const auto address = IpAddress::parse(text);
    return address && address->is_loopback();
  }

  static bool is_listed(const StatusConfig& status, std::string_view client) {
    return std::find(status.addresses.begin(), status.addresses.end(), client) != status.addresses.end();
  }

  static bool allows_loopback(const StatusConfig& status) {
    return status.loopback || std::any_of(status.addresses.begin(), status.addresses.end(), is_loopback);
  }

  static bool trusts_loopback(const ServerConfig& server) {
    return std::any_of(server.trusted_proxies.begin(), server.trusted_proxies.end(),
                       [](const IpNetwork& network) {
                         return network.contains(IpAddress::parse("127.0.0.1").value()) ||
                                network.contains(IpAddress::parse("::1").value());
                       });
  }

  // Files that must not be in the served directory. A private key or a database there is an error, a log only
  // a fault.
  void check_secrets(const SiteConfig& site) {
    const Config& config = loaded_.config;
    if (!wanted(key(site, "root"))) return;
    ServedTree served(site.root, "/proc/self/mountinfo", ServedTree::kMaxFiles, key(site, "root"));
    for (const std::string& file : config.tls.private_keys) check_secret(served, "tls.private_key", file);
    const sqlpool::Address& database = config.accounts.database;
    const bool sqlite = database.driver == sqlpool::Address::Driver::kSqlite;
    if (config.accounts.enabled && sqlite && wanted("accounts.database")) {
      check_secret(served, "accounts.database", database.path);
    }
    if (config.log.to_file()) check_secret(served, "log.file", config.log.file, Severity::kFault);
    if (config.log.access && *config.log.access != "-") {
      check_secret(served, "log.access", *config.log.access, Severity::kFault);
    }
    for (const RulesConfig::Auth& auth : config.rules.auth) {
      const ServedTree::Answer answer = served.look_for(auth.file);
      add(answer,
          {fmt::format("[auth {}]: {} {}", auth.pattern, in_quotes(auth.file), answer.why), auth.where},
          Severity::kError);
    }
    for (const auto& [name, file] : log_files_) {
      if (name != "log.access") check_secret(served, name, file, Severity::kFault);
    }
    check_own_file(served);
  }

  // It may hold the password of a database.
  void check_own_file(ServedTree& served) {
    if (loaded_.file.empty()) return;
    const ServedTree::Answer answer = served.look_for(loaded_.file);
    const bool tells = !loaded_.config.accounts.database.password.empty();
    add(answer, {fmt::format("the configuration {}", answer.why), loaded_.file},
        tells ? Severity::kError : Severity::kFault);
  }

  void check_secret(ServedTree& served, std::string_view key, const std::string& file,
                    Severity severity = Severity::kError) {
    const ServedTree::Answer answer = served.look_for(file);
    add(answer, loaded_.error_at(key, fmt::format("{} {}", in_quotes(file), answer.why)), severity);
  }

  void add(const ServedTree::Answer& answer, ConfigError error, Severity severity) {
    if (answer.reach == ServedTree::Reach::kPrivate) return;
    if (answer.reach == ServedTree::Reach::kUnknown) severity = Severity::kWarning;
    findings_.push_back({severity, std::move(error)});
  }

  // The name of a key as it was set: a named site may take its value from [site].
  [[nodiscard]] std::string key(const SiteConfig& site, std::string_view name) const {
    const std::string own = fmt::format("{}.{}", site.section, name);
    return is_written(own) ? own : fmt::format("site.{}", name);
  }

  [[nodiscard]] bool is_written(std::string_view key) const {
    return loaded_.origins.find(key) != loaded_.origins.end();
  }

  [[nodiscard]] bool wanted(std::string_view key) const { return loaded_.errors.empty() || is_written(key); }

  void report(std::string_view key, const Problem& problem, Severity severity = Severity::kError) {
    if (problem) findings_.push_back({severity, loaded_.error_at(key, *problem)});
  }

  const LoadedConfig& loaded_;
  const For purpose_;
  std::vector<Finding> findings_;
  std::optional<ServiceUser> user_;                             // The user whose rights it will have.
  std::vector<std::pair<std::string, std::string>> log_files_;  // Of access logs: key, path.
};

}  // namespace

std::vector<Finding> check_config(const LoadedConfig& loaded, For purpose) {
  return Checker(loaded, purpose).run();
}

}  // namespace pollux::server
