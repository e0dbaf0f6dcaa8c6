// A connection to a MySQL or MariaDB server, through MariaDB Connector/C
// (https://mariadb.com/kb/en/mariadb-connector-c/).
//
// Connecting, reading and writing time out after a second, so that a server that has stopped costs no
// more than that. The library never reconnects on its own: it would lose the transaction and the prepared
// statements without a word. Text is utf8mb4. No option file is read, no local file is sent, and the password
// is never sent in clear.
#pragma once

#include <memory>
#include <unordered_map>

#include "base/clock.h"
#include "sqlpool/address.h"
#include "sqlpool/connection.h"

struct st_mysql;
struct st_mysql_stmt;

namespace pollux::sqlpool {

class MysqlConnection final : public Connection {
 public:
  explicit MysqlConnection(const Address& address);

  [[nodiscard]] Dialect dialect() const override { return Dialect::kMysql; }
  Reply run(Sql sql, std::span<const Value> values) override;
  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  [[nodiscard]] bool ping() noexcept override;
  [[nodiscard]] Health health() const override { return health_; }

 private:
  struct CloseServer {
    void operator()(st_mysql* server) const;
  };
  struct CloseStatement {
    void operator()(st_mysql_stmt* statement) const;
  };
  using Statement = std::unique_ptr<st_mysql_stmt, CloseStatement>;

  void configure(const Address& address);
  void set_up_session();
  void control(std::string_view command);
  st_mysql_stmt* prepared(std::string_view text);
  [[nodiscard]] Error error(unsigned int code, const char* message, TimePoint begun);

  std::unique_ptr<st_mysql, CloseServer> server_;
  std::unordered_map<std::string_view, Statement> statements_;  // By text, which is a literal.
  Health health_ = Health::kGood;
};

}  // namespace pollux::sqlpool
