// Restricts the running server (server.sandbox): it can gain no rights by running programs, and Landlock lets
// it open only the files that its configuration needs.
//
// The rules name directories, since files are replaced by renaming: those of the roots, of certificates and
// rule files for reading; those of logs, database and pid file for writing; that of the program for running
// its successor. A restriction is inherited, and can never be widened. So a configuration that is read later
// may want more than is allowed: ask refused().
//
// Thread: enter() on the main thread, before there are others; the rest on any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/config/config.h"
#include "server/process/landlock.h"

namespace pollux::server {

// Files that a Config does not name.
struct OwnFiles {
  std::string program;  // What an upgrade runs.
  std::string config;   // Empty: none was read.
};

// What a server needs of this configuration. Follows symbolic links, to both their ends.
[[nodiscard]] std::vector<PathRule> rules_for(const Config& config, const OwnFiles& files);

class Sandbox {
 public:
  // Nothing is restricted.
  Sandbox() = default;

  // Restricts this process as server.sandbox says. `inherited`: the rules of a predecessor's sandbox that is
  // in force already. Throws std::exception with a message for people.
  [[nodiscard]] static Sandbox enter(const Config& config, OwnFiles files,
                                     const std::vector<PathRule>& inherited);

  // "landlock ABI 7, no new privileges", "off"…
  [[nodiscard]] const std::string& description() const { return description_; }
  // What enter() would make of this configuration here.
  [[nodiscard]] static std::string forecast(const ServerConfig& config);

  // Whether `path` and all beneath it may be used like this.
  [[nodiscard]] bool allows(const std::string& path, FileAccess access) const;
  // The first place that the server would need for `config` and may not use; std::nullopt: there is none.
  [[nodiscard]] std::optional<std::string> refused(const Config& config) const;

  // Of Landlock; empty: it is not in force.
  [[nodiscard]] const std::vector<PathRule>& rules() const { return rules_; }

 private:
  OwnFiles files_;
  std::vector<PathRule> rules_;  // Their paths without symbolic links. Constant after construction.
  std::string description_ = "off";
};

}  // namespace pollux::server
