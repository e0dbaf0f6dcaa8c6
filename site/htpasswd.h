// A password file as htpasswd(1) writes it: a line USER:HASH for each user, comments begin with '#'.
//
// Lines that cannot be used are errors with their number, and the others work. Hashes: crypt_hash.h.
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
  static constexpr std::size_t kMaxUserOctets = 255;  // Of htpasswd(1).

  [[nodiscard]] static HtpasswdFile parse(std::string_view text);

  // Takes the time of a hash, also for a user who is not in the file: which one's hash is made then depends
  // on the name, so that time does not tell who is there. std::nullopt: as of verify_hash().
  [[nodiscard]] std::optional<bool> verify(const std::string& user, const char* password) const;

  [[nodiscard]] std::size_t size() const { return hashes_.size(); }

 private:
  [[nodiscard]] std::string add(std::string_view line);  // What is wrong with it.

  std::unordered_map<std::string, std::size_t> users_;  // To the index of their hash.
  std::vector<std::string> hashes_;
  KeyedHash choose_;
};

struct HtpasswdFile {
  Htpasswd users;
  std::vector<RuleError> errors;  // No message has a hash or a password in it.
};

}  // namespace pollux::site
