// User and password of a request, from `Authorization: Basic` (RFC 7617).
//
// The destructor overwrites them. It does not overwrite the field, which belongs to the session.
//
// Thread: that of the request.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/request.h"

namespace pollux::site {

class BasicCredentials {
 public:
  // Empty if the scheme is another, if the base64 is not exact, if the name or the password is longer than
  // any known one (Htpasswd::kMaxUserOctets, kMaxPasswordOctets), or if there is a control character.
  explicit BasicCredentials(std::string_view authorization);
  // Also empty if there are several such fields.
  explicit BasicCredentials(const http::Request& request);
  BasicCredentials(const BasicCredentials&) = delete;
  BasicCredentials& operator=(const BasicCredentials&) = delete;
  ~BasicCredentials();

  explicit operator bool() const { return !octets_.empty(); }

  // REQUIRES: not empty.
  [[nodiscard]] std::string user() const { return octets_.substr(0, colon_); }
  [[nodiscard]] std::string_view password() const { return std::string_view(octets_).substr(colon_ + 1); }
  [[nodiscard]] const char* password_for_crypt() const { return octets_.c_str() + colon_ + 1; }

 private:
  void wipe();

  std::string octets_;  // user:password
  std::size_t colon_ = 0;
};

}  // namespace pollux::site
