// Cross-origin requests: the other sites whose scripts may read responses (Fetch standard, section 3.2).
//
//   OPTIONS with Origin and Access-Control-Request-Method   preflight(): the whole answer
//   any other request                                       apply(): fields of the answer, also of errors
//
// A response that depends on Origin says so in Vary, even if the request had none: a cache must not give it
// to other sites. Preflights carry no credentials, so they get their response before the check of a password
// (basic_auth.h).
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
  std::optional<std::chrono::seconds> max_age = {};    // How long browsers keep a preflight's result.
  bool credentials = false;                            // Allows cookies and Authorization.

  bool operator==(const CorsOptions&) const = default;
};

class Cors {
 public:
  // Throws std::runtime_error, with a reason for people.
  explicit Cors(const CorsOptions& options);

  [[nodiscard]] static bool is_preflight(const http::Request& request);

  // 204; without any permission if the origin is not allowed. The requested method and fields are not
  // checked: the browser compares them with the allowed ones. REQUIRES: is_preflight(request).
  [[nodiscard]] http::Response preflight(const http::Request& request) const;

  // Replaces the fields of the same names, which _headers may have set.
  void apply(const http::Request& request, http::Response& response) const;

 private:
  // The value of Access-Control-Allow-Origin; empty: not allowed.
  [[nodiscard]] std::string_view allowed_origin(const http::Request& request) const;
  void allow(const http::Request& request, std::string_view lines, http::Response& response) const;

  bool any_origin_ = false;
  std::vector<std::string> origins_;
  std::string lines_;            // For responses, each ended by CRLF,
  std::string preflight_lines_;  // and for responses to preflights.
};

}  // namespace pollux::site
