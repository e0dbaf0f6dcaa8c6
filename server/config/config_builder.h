// Puts the configuration together from its sources, in their order of precedence: built-in defaults,
// the file, --set, short options. Whatever is wrong in any of them is collected, not thrown, so that
// one run shows all errors.
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

// A configuration and who said so.
struct LoadedConfig {
  Config config;
  std::map<std::string, std::string, std::less<>> origins;  // "site.root" to ConfigError::where.
  std::vector<ConfigError> errors;
  std::vector<ConfigError> warnings;
  std::string file;  // As given; empty: none was read.

  // An error about the value of `key` ("site.root"), which names the place that set it.
  [[nodiscard]] ConfigError error_at(std::string_view key, std::string_view problem) const;
};

class ConfigBuilder {
 public:
  // The rest is cut short: a file of noise must not fill the screen.
  static constexpr std::size_t kMaxErrors = 100;

  // Relative paths in the file begin at its directory.
  void read_file(const std::string& path);

  // The same for a text; `name` is what errors call it, `directory` is where its relative paths begin.
  void read_text(std::string_view text, const std::string& name, const std::filesystem::path& directory);

  // One setting from the command line. `where` is what errors call it. Later calls win.
  void set(std::string_view section, std::string_view name, std::string_view value, const std::string& where);

  // What -p does: of all listeners only the first one's address stays, with this port.
  void set_port(std::uint16_t port, const std::string& where);

  // For options whose meaning depends on what the other sources said.
  [[nodiscard]] const Config& config() const { return loaded_.config; }

  // Leaves the builder empty.
  [[nodiscard]] LoadedConfig take();

 private:
  // A setting of a [site NAME], whose other settings are those of [site] when all sources have been read.
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

  // Returns the message of what is wrong with it; empty: it is set.
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
