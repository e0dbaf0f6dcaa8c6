// A password file in the format of htpasswd(1): a line USER:HASH for each user; comments begin with '#'.
//
// Unusable lines are errors with a line number, and the rest works. Hashes: crypt_hash.h.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/keyed_hash.h"
#include "site/rule_file.h"

namespace pollux::site {

struct HtpasswdFile;

class Htpasswd {
 public:
  static constexpr std::size_t kMaxUserOctets = 255;  // The limit of htpasswd(1).

  [[nodiscard]] static HtpasswdFile parse(std::string_view text);

  // Takes the time of one hash, even for an unknown user: the name then chooses the hash that is computed, so
  // the time does not reveal which users exist. std::nullopt: see verify_hash().
  [[nodiscard]] std::optional<bool> verify(const std::string& user, const char* password) const;

  [[nodiscard]] std::size_t size() const { return hashes_.size(); }

 private:
  [[nodiscard]] std::string add(std::string_view line);  // Returns the error in it.

  std::unordered_map<std::string, std::size_t> users_;  // To the index of the user's hash.
  std::vector<std::string> hashes_;
  KeyedHash choose_;
};

struct HtpasswdFile {
  Htpasswd users;
  std::vector<RuleError> errors;  // Without hashes and passwords.
};

}  // namespace pollux::site
