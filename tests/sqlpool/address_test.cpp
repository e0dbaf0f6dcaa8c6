// Addresses of databases, good and bad; and that no message tells the password.
#include "sqlpool/address.h"

#include <gtest/gtest.h>

namespace pollux::sqlpool {
namespace {

TEST(Address, Sqlite) {
  for (const char* path : {"accounts.db", "/var/lib/pollux/accounts.db", "a b%20?x=y"}) {
    const Address address = parse_address(std::string("sqlite:") + path);
    EXPECT_EQ(address.driver, Address::Driver::kSqlite);
    EXPECT_EQ(address.path, path);
    EXPECT_EQ(address.text(), std::string("sqlite:") + path);
  }
}

struct Server {
  const char* text;
  const char* user;
  const char* password;
  const char* host;
  int port;
  const char* database;
  const char* shown;
};

TEST(Address, OfAServer) {
  const Server table[] = {
      {"mysql://u:p@db:3307/n", "u", "p", "db", 3307, "n", "mysql://u@db:3307/n"},
      {"mysql://u:p@127.0.0.1/n", "u", "p", "127.0.0.1", 3306, "n", "mysql://u@127.0.0.1:3306/n"},
      {"mysql://u@h/n", "u", "", "h", 3306, "n", "mysql://u@h:3306/n"},
      {"mysql://u:@h/n", "u", "", "h", 3306, "n", "mysql://u@h:3306/n"},
      {"mysql://u:p@[::1]:1/n", "u", "p", "::1", 1, "n", "mysql://u@[::1]:1/n"},
      {"mysql://u:p@[2001:db8::7]/n", "u", "p", "2001:db8::7", 3306, "n", "mysql://u@[2001:db8::7]:3306/n"},
      {"mysql://a%40b:%3a%2F%3f%25@h/n%2Fm", "a@b", ":/?%", "h", 3306, "n/m", "mysql://a@b@h:3306/n/m"},
      {"mysql://u:a@b:c@h/n", "u", "a@b:c", "h", 3306, "n", "mysql://u@h:3306/n"},
  };
  for (const Server& row : table) {
    SCOPED_TRACE(row.text);
    const Address address = parse_address(row.text);
    EXPECT_EQ(address.driver, Address::Driver::kMysql);
    EXPECT_EQ(address.user, row.user);
    EXPECT_EQ(address.password, row.password);
    EXPECT_EQ(address.host, row.host);
    EXPECT_EQ(address.port, row.port);
    EXPECT_EQ(address.database, row.database);
    EXPECT_EQ(address.text(), row.shown);
    EXPECT_EQ(address.tls, Address::Tls::kOff);
  }
}

TEST(Address, Options) {
  const Address tls = parse_address("mysql://u:p@h/n?tls=verify&ca=/etc/my%20ca.pem");
  EXPECT_EQ(tls.tls, Address::Tls::kVerify);
  EXPECT_EQ(tls.ca, "/etc/my ca.pem");
  EXPECT_EQ(parse_address("mysql://u:p@h/n?tls=required").tls, Address::Tls::kRequired);
  EXPECT_EQ(parse_address("mysql://u:p@h/n?tls=off").tls, Address::Tls::kOff);
  const Address socket = parse_address("mysql://u:p@/n?socket=/run/mysqld/mysqld.sock");
  EXPECT_EQ(socket.path, "/run/mysqld/mysqld.sock");
  EXPECT_EQ(socket.text(), "mysql://u@/n?socket=/run/mysqld/mysqld.sock");
}

TEST(Address, Bad) {
  const char* table[] = {
      "",
      "accounts.db",
      "sqlite:",
      "SQLITE:x",
      "postgres://u:sesame@h/n",
      "mysql:u:sesame@h/n",
      "mysql://",
      "mysql://u:sesame@h",
      "mysql://u:sesame@h/",
      "mysql://u:sesame@/n",
      "mysql://h/n",
      "mysql://:sesame@h/n",
      "mysql://@h/n",
      "mysql://u:ses/ame@h/n",
      "mysql://u:sesame@h/n/m",
      "mysql://u:sesame@h:0/n",
      "mysql://u:sesame@h:/n",
      "mysql://u:sesame@h:65536/n",
      "mysql://u:sesame@h:12x/n",
      "mysql://u:sesame@h:-1/n",
      "mysql://u:sesame@::1/n",
      "mysql://u:sesame@[::1/n",
      "mysql://u:sesame@[::1]3306/n",
      "mysql://u:sesame%@h/n",
      "mysql://u:sesame%4@h/n",
      "mysql://u:sesame%zz@h/n",
      "mysql://u:sesame%00@h/n",
      "mysql://u:sesame@h/n?",
      "mysql://u:sesame@h/n?tls",
      "mysql://u:sesame@h/n?tls=",
      "mysql://u:sesame@h/n?tls=on",
      "mysql://u:sesame@h/n?tsl=verify",
      "mysql://u:sesame@h/n?ca=x",
      "mysql://u:sesame@h/n?tls=required&ca=x",
      "mysql://u:sesame@h/n?tls=verify&",
  };
  for (const char* text : table) {
    SCOPED_TRACE(text);
    try {
      (void)parse_address(text);
      ADD_FAILURE() << "it was accepted";
    } catch (const BadAddress& error) {
      EXPECT_EQ(std::string(error.what()).find("ses"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace pollux::sqlpool
