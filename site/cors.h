// Cross-origin requests: which other sites' scripts may read the answers (Fetch standard, section 3.2).
//
//   OPTIONS with Origin and Access-Control-Request-Method   preflight(): the whole answer
//   any other request                                       apply(): fields of the answer, also of errors
//
// An answer that depends on Origin says so in Vary, also where none came: a cache must not give it to others.
// Preflights carry no credentials, so they are answered before anybody is asked for some (basic_auth.h).
//
// Thread: any. Constant after construction.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace pollux::site {

struct CorsOptions {
  std::vector<std::string> origins = {};               // "*" alone, or as browsers send them; "null" is one.
  std::vector<std::string> methods = {"GET", "HEAD"};  // Here and below: "*" is any, but for credentials.
  std::vector<std::string> headers = {};               // Fields that a request may have.
  std::vector<std::string> expose = {};                // Fields that a script may read.
  std::optional<std::chrono::seconds> max_age = {};    // How long a browser may keep what a preflight said.
  bool credentials = false;                            // Cookies, and Authorization.

  bool operator==(const CorsOptions&) const = default;
};

class Cors {
 public:
  // Throws std::runtime_error, with a reason for people.
  explicit Cors(const CorsOptions& options);

  [[nodiscard]] static bool is_preflight(const http::Request& request);

  // 204; without any permission if the origin is not allowed. What else is asked for is not judged: the
  // browser compares it with what is allowed. REQUIRES: is_preflight(request).
  [[nodiscard]] http::Response preflight(const http::Request& request) const;

  // In place of the fields of the same names, which _headers may have set.
  void apply(const http::Request& request, http::Response& response) const;

 private:
  // The value of Access-Control-Allow-Origin; empty: not allowed.
  [[nodiscard]] std::string_view allowed_origin(const http::Request& request) const;
  void allow(const http::Request& request, std::string_view lines, http::Response& response) const;

  bool any_origin_ = false;
  std::vector<std::string> origins_;
  std::string lines_;            // Of answers, each ended by CRLF,
  std::string preflight_lines_;  // and of those to preflights.
};

}  // namespace pollux::site
