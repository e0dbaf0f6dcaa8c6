// Restricts the running server (server.sandbox): it can gain no rights by running programs, and Landlock lets
// it open only the files that its configuration needs.
//
// The rules name directories, since files are replaced by renaming. The server may read in the directories of
// the roots, certificates and rule files. It may write in those of logs, database and pid file, and execute
// in that of the program, for its successor. A restriction is inherited, and can never be widened. So a
// configuration that is read later may need more than is allowed: refused() tells.
//
// Thread: enter() on the main thread, before there are others; the other methods on any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/config/config.h"
#include "server/process/landlock.h"

namespace pollux::server {

// Files that a Config does not name.
struct OwnFiles {
  std::string program;  // The program that an upgrade runs.
  std::string config;   // Empty: no file was read.
};

// The rules that a server needs for this configuration. Follows symbolic links, with rules for both ends.
[[nodiscard]] std::vector<PathRule> rules_for(const Config& config, const OwnFiles& files);

class Sandbox {
 public:
  // A sandbox that restricts nothing.
  Sandbox() = default;

  // Restricts this process as server.sandbox says. `inherited`: the rules of a predecessor's sandbox that is
  // in force already. Throws std::exception with a message for people.
  [[nodiscard]] static Sandbox enter(const Config& config, OwnFiles files,
                                     const std::vector<PathRule>& inherited);

  // For example "landlock ABI 7, no new privileges", or "off".
  [[nodiscard]] const std::string& description() const { return description_; }
  // The description that enter() would give for this configuration here.
  [[nodiscard]] static std::string forecast(const ServerConfig& config);

  // Whether the server may use `path` and everything beneath it with this access.
  [[nodiscard]] bool allows(const std::string& path, FileAccess access) const;
  // The first path that the server needs for `config` and may not use; std::nullopt: there is none.
  [[nodiscard]] std::optional<std::string> refused(const Config& config) const;

  // Landlock's rules; empty: it is not in force.
  [[nodiscard]] const std::vector<PathRule>& rules() const { return rules_; }

 private:
  OwnFiles files_;
  std::vector<PathRule> rules_;  // Their paths have no symbolic links. Constant after construction.
  std::string description_ = "off";
};

}  // namespace pollux::server
