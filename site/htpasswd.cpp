#include "site/htpasswd.h"

#include <fmt/format.h>

#include "site/crypt_hash.h"

namespace pollux::site {

HtpasswdFile Htpasswd::parse(std::string_view text) {
  HtpasswdFile file;
  RuleErrors errors;
  if (text.size() > kMaxFileOctets) {
    errors.add(0, fmt::format("the file is larger than {} octets, and not used", kMaxFileOctets));
    text = {};
  }
  LineReader lines(text);
  while (std::optional<LineReader::Line> line = lines.next()) {
    if (file.users.size() == kMaxRules) {
      errors.add(line->number, fmt::format("there are more than {} users; the rest is not used", kMaxRules));
      break;
    }
    std::string error = line->error.empty() ? file.users.add(line->text) : std::move(line->error);
    if (!error.empty()) errors.add(line->number, std::move(error));
  }
  file.errors = errors.take();
  return file;
}

// After the hash, other programs allow another colon and a comment.
std::string Htpasswd::add(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == kNpos) return "the line is not of the form user:hash";  // It could be a password.
  const std::string user(line.substr(0, colon));
  if (user.empty()) return "there is no name in front of the colon";
  if (user.size() > kMaxUserOctets) return fmt::format("the name is longer than {} octets", kMaxUserOctets);
  const std::string_view rest = line.substr(colon + 1);
  const std::string hash(rest.substr(0, rest.find(':')));
  if (const std::string_view problem = problem_of_hash(hash); !problem.empty())
    return fmt::format("{}: {}", in_quotes(user), problem);
  if (!users_.emplace(user, hashes_.size()).second)
    return fmt::format("{} is there already; the first line counts", in_quotes(user));
  hashes_.push_back(hash);
  return {};
}

std::optional<bool> Htpasswd::verify(const std::string& user, const char* password) const {
  if (hashes_.empty()) return false;
  const auto found = users_.find(user);
  const bool known = found != users_.end();
  const std::size_t index = known ? found->second : choose_(user) % hashes_.size();
  const std::optional<bool> right = verify_hash(password, hashes_[index]);
  return known || !right ? right : false;
}

}  // namespace pollux::site
