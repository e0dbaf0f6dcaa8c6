// Password files: whatever the octets, users and errors are bounded, hashes that are accepted are of the
// costs we allow, and no message gives a hash away.
//
// The first line is the hash that is looked at alone; the rest is the file.
#include "site/htpasswd.h"

#include "fuzz.h"
#include "site/crypt_hash.h"

namespace {

using namespace pollux;

// Looked for in another way than the server does.
void check_accepted(const std::string& hash) {
  PROMISE(hash.size() > 40 && hash.size() <= site::kMaxLineOctets && hash[0] == '$');
  PROMISE(hash.find(':') == std::string::npos || hash.find(':') > hash.rfind('$'));
  if (hash.starts_with("$2")) PROMISE(hash.size() == 60 && hash.substr(4, 2) <= "17");
  const std::size_t rounds = hash.find("rounds=");
  if (rounds == 3) PROMISE(std::strtoull(hash.c_str() + rounds + 7, nullptr, 10) <= 10'000'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string hash(input.line());
  if (hash.size() < site::kMaxLineOctets && site::problem_of_hash(hash).empty()) check_accepted(hash);

  const site::HtpasswdFile file = site::Htpasswd::parse(input.rest());
  PROMISE(file.users.size() <= site::kMaxRules);
  PROMISE(file.errors.size() <= site::RuleErrors::kMaxErrors + 1);
  for (const site::RuleError& error : file.errors) {
    PROMISE(error.line >= 0 && !error.message.empty());
    PROMISE(error.message.find('\n') == std::string::npos);
  }
  return 0;
}
