#include "server/config_check.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "http/document_root.h"
#include "server/config_value.h"
#include "server/tls_identity.h"
#include "tls/certificate.h"

namespace pollux::server {

namespace {

using Problem = std::optional<std::string>;

std::string cannot(std::string_view what, const std::string& path, int error) {
  return fmt::format("cannot {} {}: {}", what, in_quotes(path), std::strerror(error));
}

// With the rights the process has now. ELOOP and friends count, too: whatever keeps us out.
bool may(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

Problem directory_problem(const std::string& path) {
  const UniqueFd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return cannot("open the folder", path, errno);
  if (!may(path, X_OK)) return cannot("enter the folder", path, errno);
  return std::nullopt;
}

// The file may be there or not yet; it is written to, or created in a directory that is there.
Problem writing_problem(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return fmt::format("{} is a folder", in_quotes(path));
    if (!may(path, W_OK)) return cannot("write to", path, errno);
    return std::nullopt;
  }
  if (errno != ENOENT) return cannot("open", path, errno);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? std::string(1, '.') : parent.string();
  if (path.ends_with('/')) return fmt::format("{} is not the name of a file", in_quotes(path));
  if (!may(directory, F_OK)) return cannot("find the folder", directory, errno);
  if (!may(directory, W_OK | X_OK)) return cannot("create a file in", directory, errno);
  return std::nullopt;
}

// Devices may be shared, and nobody rotates them.
bool same_regular_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (std::filesystem::exists(a, ignored) && !std::filesystem::is_regular_file(a, ignored)) return false;
  const auto name = [&ignored](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  return name(a) == name(b);
}

bool lies_within(const std::string& file, const std::string& directory) {
  std::error_code ignored;
  const auto canonical = [&ignored](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  const std::filesystem::path relative = canonical(file).lexically_relative(canonical(directory));
  return !relative.empty() && *relative.begin() != "..";
}

class Checker {
 public:
  explicit Checker(const LoadedConfig& loaded) : loaded_(loaded) {}

  [[nodiscard]] std::vector<Finding> run() {
    check_listeners();
    check_site();
    check_tls();
    check_log();
    check_accounts();
    return std::move(findings_);
  }

 private:
  using Severity = Finding::Severity;

  void check_listeners() {
    const Config& config = loaded_.config;
    if (config.server.listen.empty() && config.tls.listen.empty()) {
      report("server.listen", "is off, and there is no tls.listen");
    }
    for (const ListenAddress& address : config.tls.listen) {
      const auto& plain = config.server.listen;
      if (address.port == 0 || std::find(plain.begin(), plain.end(), address) == plain.end()) continue;
      report("tls.listen", fmt::format("{} is in server.listen already", address.text()));
    }
  }

  void check_tls() {
    const TlsConfig& tls = loaded_.config.tls;
    if (tls.redirect_http && tls.listen.empty()) report("tls.redirect_http", "there is no tls.listen");
    if (!tls.listen.empty() && tls.certificates.empty()) {
      return report("tls.listen", "there is no tls.certificate");
    }
    const auto fits = [&](std::string_view key, const std::vector<std::string>& files) {
      if (files.size() == tls.certificates.size()) return true;
      report(key, fmt::format("{} for {} in tls.certificate: it wants one for each", files.size(),
                              tls.certificates.size()));
      return false;
    };
    if (!fits(tls.private_keys.empty() ? "tls.certificate" : "tls.private_key", tls.private_keys)) return;
    if (!tls.ocsp_responses.empty() && !fits("tls.ocsp_response", tls.ocsp_responses)) return;
    for (const tls::CertificateFiles& files : certificate_files(tls)) check_certificate(files);
  }

  void check_certificate(const tls::CertificateFiles& files) {
    constexpr std::string_view kKey = "tls.certificate";
    const auto now = std::chrono::system_clock::now();
    try {
      const tls::Certificate certificate(files);
      report(kKey, certificate.invalid_at(now), Severity::kFault);
      for (const std::string& warning : certificate.warnings_at(now))
        report(kKey, warning, Severity::kWarning);
    } catch (const tls::Error& error) {
      report(kKey, error.what());
    }
  }

  void check_site() {
    const SiteConfig& site = loaded_.config.site;
    if (!wanted("site.root")) return;
    const Problem problem = directory_problem(site.root);
    report("site.root", problem);
    if (!problem) check_error_pages(site);
    if (!site.members_only.empty() && !loaded_.config.accounts.enabled) {
      report("site.protected",
             "there are no members while accounts.enabled is off; off: nothing is protected");
    }
  }

  void check_error_pages(const SiteConfig& site) {
    const http::DocumentRoot root(site.root);
    for (const auto& [status, page] : site.error_pages) {
      if (root.open(page)) continue;
      report(fmt::format("site.error_page_{}", status),
             fmt::format("{} is no file of the site; a built-in page takes its place", in_quotes(page)),
             Severity::kWarning);
    }
  }

  void check_log() {
    const LogConfig& log = loaded_.config.log;
    if (log.file != "-") report("log.file", writing_problem(log.file));
    if (!log.access || *log.access == "-") return;
    report("log.access", writing_problem(*log.access));
    // Each of them would rotate the other one away.
    if (log.file != "-" && same_regular_file(log.file, *log.access)) {
      report("log.access", fmt::format("{} is the file of log.file already", in_quotes(*log.access)));
    }
  }

  // That a database is away must not keep the files from being served, hence faults. That it is served to
  // everybody must.
  void check_accounts() {
    constexpr std::string_view kKey = "accounts.database";
    const AccountsConfig& accounts = loaded_.config.accounts;
    if (!accounts.enabled || !wanted(kKey)) return;
    const sqlpool::Address& database = accounts.database;
    if (database.driver == sqlpool::Address::Driver::kSqlite) {
      report(kKey, writing_problem(database.path), Severity::kFault);
      if (lies_within(database.path, loaded_.config.site.root)) {
        report(kKey, fmt::format("{} lies within site.root", in_quotes(database.path)));
      }
    } else if (!database.ca.empty() && !may(database.ca, R_OK)) {
      report(kKey, cannot("read", database.ca, errno), Severity::kFault);
    }
  }

  [[nodiscard]] bool wanted(std::string_view key) const {
    return loaded_.errors.empty() || loaded_.origins.find(key) != loaded_.origins.end();
  }

  void report(std::string_view key, const Problem& problem, Severity severity = Severity::kError) {
    if (problem) findings_.push_back({severity, loaded_.error_at(key, *problem)});
  }

  const LoadedConfig& loaded_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_config(const LoadedConfig& loaded) { return Checker(loaded).run(); }

}  // namespace pollux::server
