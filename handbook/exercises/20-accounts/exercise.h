// Sessions as rows of a table, and the tokens that visitors have in their cookies.
//
// This version works, and whoever steals the table is everybody; a token that somebody planted in a visitor's
// browser becomes theirs at the log-in (session fixation); a log-out ends nothing; and sessions live for
// ever. Mend it:
//  - the table holds digest(token) and never the token;
//  - log_in() always makes a new token, whatever the browser brought along, and ends the session that it
//    brought;
//  - user() finds nobody kLifetime after the log-in, and nobody when the session was not used for kIdle;
//    each use counts;
//  - log_out() ends this session, on whichever server and browser it is;
//  - change_password() ends all other sessions of the user, and keeps this one.
// Times are seconds. A session is over *at* its end, not a second later.
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
    const std::string token = brought.empty() ? random_() : brought;
    table_[token] = {user, now, now};
    return token;
  }

  // Whose session it is. std::nullopt: nobody's.
  std::optional<std::string> user(const std::string& token, std::int64_t /*now*/) {
    const auto found = table_.find(token);
    return found == table_.end() ? std::nullopt : std::optional(found->second.user);
  }

  void log_out(const std::string& /*token*/) {}  // The browser deletes its cookie.

  void change_password(const std::string& /*token*/) {}

 private:
  Table& table_;
  const std::function<std::string()> random_;
};
