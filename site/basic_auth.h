// Parts of a site behind a password: HTTP Basic authentication (RFC 7617, RFC 9110 section 11).
//
//   BasicAuth   of an [auth] section: hashes in a password file
//   PlainAuth   of Basic-Auth in _headers (header_rules.h): plain passwords
//
//   loop or worker                                    a thread of a JobPool
//   --------------                                    ---------------------
//   auth.look(request)  kMustVerify ================> auth.verify(request)
//        kAllowed  -> whatever is there,                   the same
//                     with keep_private(response)
//        otherwise -> auth.refuse(verdict, ...)            the same
//
// A preflight of CORS (cors.h) never has credentials, so it gets its response before this check.
//
// Thread: any, several at once.
#pragma once

#include <string>
#include <vector>

#include "base/attempts.h"
#include "base/clock.h"
#include "http/error_pages.h"
#include "http/request.h"
#include "http/response.h"
#include "log/throttle.h"
#include "site/header_rules.h"
#include "site/login_gate.h"
#include "site/password_file.h"

namespace pollux::site {

// The name that browsers show when they ask for the password, in the form of WWW-Authenticate.
class Realm {
 public:
  static constexpr std::size_t kMaxOctets = 256;

  // Throws std::runtime_error for a control character or more than kMaxOctets.
  explicit Realm(std::string_view name);

  [[nodiscard]] const std::string& challenge() const { return challenge_; }

 private:
  std::string challenge_;
};

// Forbids shared caches to keep this response (RFC 9111 3.5): its Cache-Control becomes private, and
// directives for shared caches are removed.
void keep_private(http::Response& response);

class BasicAuth {
 public:
  struct Options {
    std::string file;
    std::string realm;
  };

  // Throws std::runtime_error when the file or the realm cannot be used. `attempts` must outlive the object.
  BasicAuth(const Options& options, Attempts& attempts);

  // Hashes nothing. May read the file once a second, if it has changed.
  [[nodiscard]] Verdict look(const http::Request& request, TimePoint now);

  // May hash, which takes time. Never returns kMustVerify.
  [[nodiscard]] Verdict verify(const http::Request& request, TimePoint now);

  // 401, 429 or 503. REQUIRES: neither kAllowed nor kMustVerify.
  [[nodiscard]] http::Response refuse(Verdict verdict, const http::Request& request,
                                      const http::ErrorPages& errors, const Now& now) const;

  [[nodiscard]] PasswordFile& file() { return file_; }

 private:
  const Realm realm_;
  PasswordFile file_;
  LoginGate gate_;
  log::Throttle complaints_{1};
};

class PlainAuth {
 public:
  // Throws as BasicAuth does. `attempts` must outlive the object.
  PlainAuth(std::string_view realm, Attempts& attempts) : realm_(realm), gate_(attempts) {}

  // `allowed`: from HeaderEffect. Compares with each, in a time that does not reveal how much was right.
  // Never returns kMustVerify.
  [[nodiscard]] Verdict look(const http::Request& request, const std::vector<Credentials>& allowed,
                             TimePoint now);

  // See BasicAuth::refuse().
  [[nodiscard]] http::Response refuse(Verdict verdict, const http::Request& request,
                                      const http::ErrorPages& errors, const Now& now) const;

 private:
  const Realm realm_;
  LoginGate gate_;
};

}  // namespace pollux::site
