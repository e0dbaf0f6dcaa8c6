#include "sqlpool/driver.h"

#include "sqlpool/mysql_connection.h"
#include "sqlpool/sqlite_connection.h"

namespace pollux::sqlpool {

std::unique_ptr<Connection> connect(const Address& address) {
  if (address.driver == Address::Driver::kMysql) return std::make_unique<MysqlConnection>(address);
  return std::make_unique<SqliteConnection>(address);
}

}  // namespace pollux::sqlpool
