// One request for a page of accounts: who asks, and the answers all pages share.
//
// Cookies. `session` carries the token of a session. Before there is one, `csrf` carries a random secret of
// the visitor's browser. Over TLS both have the prefix __Host- (RFC 6265bis 4.1.3.2), so that no neighbouring
// host and no plain-text answer can set them.
//
// Forms carry a hash of that secret (csrf()). Another site can make a browser send a form, but it knows
// neither the cookie nor its hash. No key of the server's is in it, so any server on the same database will
// do.
//
// Thread: that of the request. What asks the database waits.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "accounts/accounts.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"

namespace pollux::accounts {

// Of 401. RFC 9110 15.5.2 asks for one; no browser knows the scheme, so each shows the page.
inline constexpr std::string_view kChallenge = "Cookie form-action=\"/login\"";

// What may be a token of a session; empty when there is none.
[[nodiscard]] std::string_view session_token(const http::Request& request);

class Visit {
 public:
  explicit Visit(const http::Request& request);

  [[nodiscard]] const http::Request& request() const { return request_; }
  [[nodiscard]] std::string_view peer() const { return request_.peer; }

  [[nodiscard]] std::string_view token() const { return token_; }

  // Looks up the session of token(), so that pages can say whose it is; without a token nobody is asked.
  void identify(Accounts& accounts);
  [[nodiscard]] const SessionResult& session() const { return session_; }  // As identify() found it.

  // Of the site (http::Navigation), for pages.
  void set_navigation(std::string links) { navigation_ = std::move(links); }

  // For the hidden field of forms, and whether one came back with it.
  [[nodiscard]] const std::string& csrf() const { return csrf_; }
  [[nodiscard]] bool is_genuine(const http::Form& form) const;

  // A page of `content`, which the layout goes around. Nobody may keep it.
  [[nodiscard]] http::Response page(http::Status status, std::string_view title,
                                    const std::string& content) const;
  [[nodiscard]] http::Response redirect(std::string_view to) const;  // 303.
  [[nodiscard]] http::Response log_in_first() const;                 // To /login, and back here afterwards.
  [[nodiscard]] http::Response refuse() const;                       // 401, where a redirect would not help.
  [[nodiscard]] http::Response unavailable(std::chrono::seconds retry_after) const;

  // Fields of `response` that begin and end the session in this browser.
  void begin_session(http::Response& response, std::string_view token, std::chrono::seconds lifetime) const;
  void end_session(http::Response& response) const;

 private:
  const http::Request& request_;
  std::string_view token_;
  std::string new_secret_;  // To be set, if the browser has none yet.
  std::string csrf_;
  SessionResult session_;
  std::string navigation_;  // HTML.
};

// A path of this site from a query or a form; "/welcome" for anything else.
[[nodiscard]] std::string local_path(std::string_view text);

}  // namespace pollux::accounts
