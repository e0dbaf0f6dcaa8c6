// Sessions: opened by a log-in or a registration, found by their token, ended by a log-out or by time.
//
// Every call asks the database. Outcomes not named are kUnavailable.
//
// Thread: any, several at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "accounts/database.h"
#include "accounts/options.h"
#include "accounts/result.h"
#include "accounts/store.h"

namespace pollux::accounts {

class Sessions {
 public:
  // `database` must outlive this.
  Sessions(Database& database, const Options& options);

  // kOk with a token, kWrong: there is no such user. With `password_hash`: also kWrong if it is not theirs
  // any more; otherwise a change of password in the meantime would not end this session.
  [[nodiscard]] UserResult open(const User& user, const std::string* password_hash = nullptr);

  // kOk, kNoSession. Notes (once a minute) that the session is in use.
  [[nodiscard]] SessionResult find(std::string_view token);

  [[nodiscard]] Result end(std::string_view token);         // kOk, also when there was none.
  [[nodiscard]] Result end_all_of(std::string_view token);  // Of its user. kOk, kNoSession.
  [[nodiscard]] CountResult count_of(const User& user);     // That have not expired. kOk.

 private:
  [[nodiscard]] std::int64_t now() const;  // Seconds since 1970.
  [[nodiscard]] store::Valid valid_at(std::int64_t now) const;
  void purge_now_and_then(store::Lease& lease, std::int64_t now);

  Database& database_;
  const std::function<Now()> clock_;
  const std::chrono::seconds lifetime_;
  const std::chrono::seconds idle_;
  std::atomic<std::int64_t> next_purge_{0};  // Seconds since 1970. Relaxed: it guards nothing.
};

}  // namespace pollux::accounts
