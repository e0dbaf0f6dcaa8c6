#include "sqlpool/address.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>

namespace pollux::sqlpool {

namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMysql = "mysql://";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, std::string_view what) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        throw BadAddress(fmt::format("the {} has a % that is not followed by two hexadecimal digits", what));
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') throw BadAddress(fmt::format("the {} has a zero octet", what));
    result += c;
  }
  return result;
}

// Splits at the first `separator`; without one the second part is std::nullopt.
std::pair<std::string_view, std::optional<std::string_view>> split(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

void set_port(Address& address, std::string_view digits) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size() || address.port == 0) {
    throw BadAddress("the port is not a number within 1 to 65535");
  }
}

void set_host(Address& address, std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) throw BadAddress("the host begins with [ and has no ]");
    address.host = std::string(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    if (text.empty()) return;
    if (text.front() != ':') throw BadAddress("after the ] of the host there is something else than :PORT");
    return set_port(address, text.substr(1));
  }
  const auto [host, port] = split(text, ':');
  address.host = decoded(host, "host");
  if (port && port->find(':') != std::string_view::npos) {
    throw BadAddress("the host has several colons (an IPv6 address stands in brackets)");
  }
  if (port) set_port(address, *port);
}

Address::Tls tls_of(std::string_view word) {
  if (word == "off") return Address::Tls::kOff;
  if (word == "required") return Address::Tls::kRequired;
  if (word == "verify") return Address::Tls::kVerify;
  throw BadAddress("tls is not one of off, required, verify");
}

void set_option(Address& address, std::string_view option) {
  const auto [name, value] = split(option, '=');
  if (!value || value->empty()) throw BadAddress("an option after the ? is not NAME=VALUE");
  if (name == "tls") {
    address.tls = tls_of(*value);
  } else if (name == "ca") {
    address.ca = decoded(*value, "ca");
  } else if (name == "socket") {
    address.path = decoded(*value, "socket");
  } else {
    throw BadAddress("the options after the ? are tls, ca and socket");
  }
}

// `text` begins behind mysql://.
Address parse_mysql(std::string_view text) {
  Address address;
  address.driver = Address::Driver::kMysql;
  const auto [place, options] = split(text, '?');

  const auto [authority, database] = split(place, '/');
  if (!database || database->empty()) throw BadAddress("there is no /NAME of a database behind the host");
  if (database->find('/') != std::string_view::npos) {
    throw BadAddress("there is more than one / (in a user, a password or a name it is written %2F)");
  }
  address.database = decoded(*database, "name of the database");

  // The last @: one in a password that was not encoded is clear enough.
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) throw BadAddress("there is no USER@ in front of the host");
  const auto [user, password] = split(authority.substr(0, at), ':');
  address.user = decoded(user, "user");
  if (address.user.empty()) throw BadAddress("the user is empty");
  address.password = decoded(password.value_or(""), "password");
  set_host(address, authority.substr(at + 1));

  for (std::optional<std::string_view> rest = options; rest;) {
    const auto [option, others] = split(*rest, '&');
    set_option(address, option);
    rest = others;
  }
  if (address.host.empty() && address.path.empty()) throw BadAddress("there is no host, and no socket");
  if (!address.ca.empty() && address.tls != Address::Tls::kVerify) {
    throw BadAddress("there is a ca, but not tls=verify");
  }
  return address;
}

}  // namespace

std::string Address::text() const {
  if (driver == Driver::kSqlite) return fmt::format("{}{}", kSqlite, path);
  if (!path.empty()) return fmt::format("{}{}@/{}?socket={}", kMysql, user, database, path);
  const bool ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}@{}{}{}:{}/{}", kMysql, user, ipv6 ? "[" : "", host, ipv6 ? "]" : "", port,
                     database);
}

Address parse_address(std::string_view text) {
  if (text.starts_with(kMysql)) return parse_mysql(text.substr(kMysql.size()));
  if (!text.starts_with(kSqlite)) {
    throw BadAddress("it begins neither with sqlite: nor with mysql:// (mysql:// is also for MariaDB)");
  }
  Address address;
  address.path = std::string(text.substr(kSqlite.size()));
  if (address.path.empty()) throw BadAddress("there is no PATH behind sqlite:");
  if (address.path.find('\0') != std::string::npos) throw BadAddress("the path has a zero octet");
  return address;
}

}  // namespace pollux::sqlpool
