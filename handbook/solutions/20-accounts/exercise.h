// Sessions as rows of a table, and the tokens that visitors have in their cookies.
//
// The table knows a token by its digest only, so a stolen table opens no session. A log-in makes a new token
// and ends the session that was brought; the server ends sessions, not the browser. Times are seconds. A
// session is over *at* its end, not a second later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// Stands for SHA-256 here.
inline std::string digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char octet : text) hash = (hash ^ octet) * 0x100000001b3;
  return std::to_string(hash);
}

class Sessions {
 public:
  static constexpr std::int64_t kLifetime = 1000;
  static constexpr std::int64_t kIdle = 100;

  struct Row {
    std::string user;
    std::int64_t created = 0;
    std::int64_t used = 0;
  };
  using Table = std::map<std::string, Row>;  // The database's, so several servers may have one.

  // `random`: a token that nobody can guess, each time another one.
  Sessions(Table& table, std::function<std::string()> random) : table_(table), random_(std::move(random)) {}

  // The password was right. `brought`: the token of the browser's cookie; empty: it had none. Returns the
  // token for its cookie.
  std::string log_in(const std::string& user, const std::string& brought, std::int64_t now) {
    log_out(brought);
    const std::string token = random_();
    table_[digest(token)] = {user, now, now};
    return token;
  }

  // Whose session it is. std::nullopt: nobody's.
  std::optional<std::string> user(const std::string& token, std::int64_t now) {
    const auto found = table_.find(digest(token));
    if (found == table_.end()) return std::nullopt;
    Row& row = found->second;
    if (now - row.created >= kLifetime || now - row.used >= kIdle) {
      table_.erase(found);
      return std::nullopt;
    }
    row.used = now;
    return row.user;
  }

  void log_out(const std::string& token) { table_.erase(digest(token)); }

  void change_password(const std::string& token) {
    const std::string kept = digest(token);
    const auto found = table_.find(kept);
    if (found == table_.end()) return;
    const std::string user = found->second.user;
    std::erase_if(table_,
                  [&](const auto& entry) { return entry.second.user == user && entry.first != kept; });
  }

 private:
  Table& table_;
  const std::function<std::string()> random_;
};
