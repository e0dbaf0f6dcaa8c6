// Builds the configuration from its sources, in ascending order of precedence: built-in defaults, the file,
// --set, short options. Errors are collected, not thrown, so that one run shows all of them.
//
// Thread: start-up only.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

struct ConfigError {
  std::string message;
  std::string where;  // "config.ini:12", "--set site.root", "-p"; empty: nobody wrote it, it is a default.

  [[nodiscard]] std::string text() const;  // MESSAGE in WHERE
};

// A configuration, and the source of each setting.
struct LoadedConfig {
  Config config;
  std::map<std::string, std::string, std::less<>> origins;  // "site.root" to ConfigError::where.
  std::vector<ConfigError> errors;
  std::vector<ConfigError> warnings;
  std::string file;  // As given; empty: no file was read.

  // An error about the value of `key` ("site.root"), with the place that set it.
  [[nodiscard]] ConfigError error_at(std::string_view key, std::string_view problem) const;
};

class ConfigBuilder {
 public:
  // More errors are dropped: a file of noise must not fill the screen.
  static constexpr std::size_t kMaxErrors = 100;

  // Relative paths in the file are relative to its directory.
  void read_file(const std::string& path);

  // The same for a text. `name`: its name in errors. `directory`: the base of its relative paths.
  void read_text(std::string_view text, const std::string& name, const std::filesystem::path& directory);

  // Sets one setting from the command line. `where`: its name in errors. Later calls win.
  void set(std::string_view section, std::string_view name, std::string_view value, const std::string& where);

  // The option -p: only the address of the first listener stays, with this port.
  void set_port(std::uint16_t port, const std::string& where);

  // For options whose meaning depends on other sources.
  [[nodiscard]] const Config& config() const { return loaded_.config; }

  // Leaves the builder empty.
  [[nodiscard]] LoadedConfig take();

 private:
  // A setting of a [site NAME]. Settings that a [site NAME] lacks are taken from [site] when all sources have
  // been read.
  struct SiteSetting {
    std::string name;
    std::string value;
    std::filesystem::path directory;
  };
  struct NamedSite {
    std::string section;  // As it was written.
    std::vector<std::string> names;
    std::vector<SiteSetting> settings;
  };

  struct Assignment {
    std::string_view section;
    std::string_view name;
    std::string_view value;
    std::string where;
  };

  // Returns the error message; empty: the value is set.
  [[nodiscard]] std::string assign(const Assignment& assignment, const std::filesystem::path& directory);
  [[nodiscard]] std::string begin_section(std::string_view section, const std::string& where);
  [[nodiscard]] std::string add_to_section(const Assignment& assignment,
                                           const std::filesystem::path& directory);
  [[nodiscard]] std::string add_to_site(const Assignment& assignment, const std::filesystem::path& directory);
  void add_error(std::string message, std::string where);

  LoadedConfig loaded_;
  std::vector<NamedSite> sites_;
  bool more_errors_ = false;
};

}  // namespace pollux::server
