// The address of a database, as it stands in the configuration:
//
//   sqlite:PATH                                       a file; made when it is not there
//   mysql://USER:PASSWORD@HOST:PORT/NAME[?OPTIONS]    a MySQL or MariaDB server; port 3306 may be left out
//
// Options of mysql, joined by &: tls=off|required|verify (verify: its certificate is for this host and signed
// by one of ca, or of the system), ca=FILE, socket=PATH (instead of TCP; the host is then not used). USER,
// PASSWORD, NAME and the values may be percent-encoded (RFC 3986); an IPv6 host stands in brackets.
//
// Nothing here opens or looks up anything. The password goes nowhere but to the driver.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pollux::sqlpool {

// What is wrong with an address, in a sentence that does not quote it: it may hold a password.
class BadAddress : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Address {
  enum class Driver { kSqlite, kMysql };
  enum class Tls { kOff, kRequired, kVerify };

  Driver driver = Driver::kSqlite;
  std::string path;  // SQLite: the file. MySQL: the Unix socket; empty: TCP.

  std::string host;  // MySQL only, from here on.
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
  std::string database;
  Tls tls = Tls::kOff;
  std::string ca;  // PEM file; empty: the system's.

  // For people and logs: without the password.
  [[nodiscard]] std::string text() const;

  bool operator==(const Address&) const = default;
};

// Throws BadAddress.
[[nodiscard]] Address parse_address(std::string_view text);

}  // namespace pollux::sqlpool
