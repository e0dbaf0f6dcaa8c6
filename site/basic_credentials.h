// User and password of a request, as `Authorization: Basic` carries them (RFC 7617).
//
// They are overwritten when this goes. The field they came in is not: that is the session's.
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
  // Nothing is there if the scheme is another, if the base64 is not exactly that, if a name or a password is
  // longer than any we know (Htpasswd::kMaxUserOctets, kMaxPasswordOctets), or if there is a control
  // character.
  explicit BasicCredentials(std::string_view authorization);
  // The same, if there are several such fields.
  explicit BasicCredentials(const http::Request& request);
  BasicCredentials(const BasicCredentials&) = delete;
  BasicCredentials& operator=(const BasicCredentials&) = delete;
  ~BasicCredentials();

  explicit operator bool() const { return !octets_.empty(); }

  // REQUIRES: something is there.
  [[nodiscard]] std::string user() const { return octets_.substr(0, colon_); }
  [[nodiscard]] std::string_view password() const { return std::string_view(octets_).substr(colon_ + 1); }
  [[nodiscard]] const char* password_for_crypt() const { return octets_.c_str() + colon_ + 1; }

 private:
  void wipe();

  std::string octets_;  // user:password
  std::size_t colon_ = 0;
};

}  // namespace pollux::site
