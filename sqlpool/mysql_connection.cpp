#include "sqlpool/mysql_connection.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include <array>
#include <mutex>

namespace pollux::sqlpool {

namespace {

constexpr unsigned int kTimeoutSeconds = 1;
// An answer that took so long to fail did not come at all.
constexpr milliseconds kTimedOut(900);

// MariaDB's, not in mysqld_error.h of MySQL.
constexpr unsigned int kStatementTimeout = 1969;
constexpr unsigned int kConnectionKilled = 1927;

Error::Kind kind_of(unsigned int code) {
  switch (code) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
    case ER_BAD_NULL_ERROR:
    case ER_NO_REFERENCED_ROW_2:
    case ER_ROW_IS_REFERENCED_2: return Error::Kind::kConstraint;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case kStatementTimeout: return Error::Kind::kBusy;
    case ER_SERVER_SHUTDOWN:
    case kConnectionKilled: return Error::Kind::kUnavailable;
    default: break;
  }
  // Client errors: the connection is gone, or never came to be. A misuse of the library is not among them.
  const bool client = code >= CR_MIN_ERROR && code <= CR_MYSQL_LAST_ERROR;
  const bool misuse = code == CR_COMMANDS_OUT_OF_SYNC || code == CR_NO_PREPARE_STMT ||
                      code == CR_PARAMS_NOT_BOUND || code == CR_INVALID_PARAMETER_NO ||
                      code == CR_UNSUPPORTED_PARAM_TYPE || code == CR_OUT_OF_MEMORY;
  return client && !misuse ? Error::Kind::kUnavailable : Error::Kind::kOther;
}

// Parameters of a statement: MYSQL_BIND points at the values, which outlive the call.
struct Bind {
  MYSQL_BIND& bind;

  void operator()(std::monostate) const { bind.buffer_type = MYSQL_TYPE_NULL; }
  void operator()(const std::int64_t& number) const {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = const_cast<std::int64_t*>(&number);
  }
  void operator()(const std::string& text) const { octets(MYSQL_TYPE_STRING, text); }
  void operator()(const Blob& blob) const { octets(MYSQL_TYPE_BLOB, blob.octets); }

  void octets(enum_field_types type, const std::string& value) const {
    bind.buffer_type = type;
    bind.buffer = const_cast<char*>(value.data());
    bind.buffer_length = value.size();
  }
};

bool is_integer(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG: return true;
    default: return false;
  }
}

// The rows of an executed statement, which are all here already (mysql_stmt_store_result).
class Result {
 public:
  explicit Result(MYSQL_STMT* statement)
      : statement_(statement), meta_(mysql_stmt_result_metadata(statement), mysql_free_result) {
    const unsigned int columns = mysql_stmt_field_count(statement);
    cells_.resize(columns);
    binds_.resize(columns);
    for (unsigned int i = 0; i < columns; ++i) {
      Cell& cell = cells_[i];
      MYSQL_BIND& bind = binds_[i];
      const MYSQL_FIELD& field = *mysql_fetch_field_direct(meta_.get(), i);
      cell.type = is_integer(field) ? Type::kInteger : field.charsetnr == kBinary ? Type::kBlob : Type::kText;
      bind.is_null = &cell.is_null;
      bind.length = &cell.length;
      if (cell.type == Type::kInteger) {
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.buffer = &cell.number;
      } else {
        cell.octets.resize(field.max_length);  // Of the rows that have come; see STMT_ATTR_UPDATE_MAX_LENGTH.
        bind.buffer_type = MYSQL_TYPE_BLOB;
        bind.buffer = cell.octets.data();
        bind.buffer_length = cell.octets.size();
      }
    }
  }

  // Not 0: the library's error.
  [[nodiscard]] int read(std::vector<Row>& rows) {
    if (mysql_stmt_bind_result(statement_, binds_.data()) != 0) return 1;
    int status = 0;
    while ((status = mysql_stmt_fetch(statement_)) == 0) {
      std::vector<Value> row;
      row.reserve(cells_.size());
      for (const Cell& cell : cells_) row.push_back(cell.value());
      rows.emplace_back(std::move(row));
    }
    return status == MYSQL_NO_DATA ? 0 : status;
  }

 private:
  static constexpr unsigned int kBinary = 63;  // The number of the character set that is none.
  enum class Type { kInteger, kText, kBlob };

  struct Cell {
    Type type = Type::kText;
    std::int64_t number = 0;
    std::string octets;
    unsigned long length = 0;
    my_bool is_null = 0;

    [[nodiscard]] Value value() const {
      if (is_null != 0) return std::monostate();
      if (type == Type::kInteger) return number;
      std::string found = octets.substr(0, length);
      if (type == Type::kBlob) return Blob{std::move(found)};
      return found;
    }
  };

  MYSQL_STMT* statement_;
  std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> meta_;
  std::vector<Cell> cells_;
  std::vector<MYSQL_BIND> binds_;
};

// Whatever happens, the rows do not stay behind.
class Use {
 public:
  explicit Use(MYSQL_STMT* statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { mysql_stmt_free_result(statement_); }

 private:
  MYSQL_STMT* statement_;
};

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

void MysqlConnection::CloseServer::operator()(st_mysql* server) const { mysql_close(server); }
void MysqlConnection::CloseStatement::operator()(st_mysql_stmt* statement) const {
  mysql_stmt_close(statement);
}

MysqlConnection::MysqlConnection(const Address& address) {
  static std::once_flag once;  // The library's own start is not thread-safe.
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
  server_.reset(mysql_init(nullptr));
  if (server_ == nullptr) throw std::bad_alloc();
  configure(address);
  const TimePoint begun = std::chrono::steady_clock::now();
  // CLIENT_FOUND_ROWS: an UPDATE counts what it found, as SQLite does, not what it changed.
  if (mysql_real_connect(server_.get(), or_null(address.host), address.user.c_str(), address.password.c_str(),
                         address.database.c_str(), address.port, or_null(address.path),
                         CLIENT_FOUND_ROWS) == nullptr) {
    throw error(mysql_errno(server_.get()), mysql_error(server_.get()), begun);
  }
  set_up_session();
}

void MysqlConnection::configure(const Address& address) {
  MYSQL* server = server_.get();
  for (const mysql_option option :
       {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT, MYSQL_OPT_WRITE_TIMEOUT}) {
    mysql_options(server, option, &kTimeoutSeconds);
  }
  // Otherwise "localhost" would mean a socket somewhere.
  const unsigned int protocol = address.path.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(server, MYSQL_OPT_PROTOCOL, &protocol);
  const my_bool off = 0;
  const my_bool on = 1;
  const unsigned int none = 0;
  mysql_options(server, MYSQL_OPT_RECONNECT, &off);
  mysql_options(server, MYSQL_OPT_LOCAL_INFILE, &none);
  mysql_options(server, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // A false server could ask for the password in clear (mysql_clear_password, dialog).
  mysql_options(server, MARIADB_OPT_RESTRICTED_AUTH,
                "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519");
  if (address.tls == Address::Tls::kOff) return;
  mysql_options(server, MYSQL_OPT_SSL_ENFORCE, &on);
  const bool verify = address.tls == Address::Tls::kVerify;
  mysql_options(server, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &on : &off);
  if (!verify) return;
  // The distribution's file of authorities; OpenSSL's default is not used by the library.
  const std::string ca = address.ca.empty() ? "/etc/ssl/certs/ca-certificates.crt" : address.ca;
  mysql_options(server, MYSQL_OPT_SSL_CA, ca.c_str());
}

// What the administrator's defaults may be otherwise.
void MysqlConnection::set_up_session() {
  control("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1");
  control("SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 1");
  // So that a lock is waited for less long than for the answer, and the connection stays. MySQL has none.
  try {
    control("SET SESSION max_statement_time = 0.8");
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::kOther) throw;
  }
}

Error MysqlConnection::error(unsigned int code, const char* message, TimePoint begun) {
  const Error::Kind kind = kind_of(code);
  if (kind == Error::Kind::kUnavailable) {
    const bool timed_out = std::chrono::steady_clock::now() - begun >= kTimedOut;
    health_ = timed_out ? Health::kTimedOut : Health::kLost;
  }
  return {kind, message};
}

// For the few commands that hold no value from anywhere.
void MysqlConnection::control(std::string_view command) {
  const TimePoint begun = std::chrono::steady_clock::now();
  if (mysql_real_query(server_.get(), command.data(), command.size()) != 0) {
    throw error(mysql_errno(server_.get()), mysql_error(server_.get()), begun);
  }
}

st_mysql_stmt* MysqlConnection::prepared(std::string_view text) {
  const auto found = statements_.find(text);
  if (found != statements_.end()) return found->second.get();
  const TimePoint begun = std::chrono::steady_clock::now();
  Statement statement(mysql_stmt_init(server_.get()));
  if (statement == nullptr) throw std::bad_alloc();
  if (mysql_stmt_prepare(statement.get(), text.data(), text.size()) != 0) {
    throw error(mysql_stmt_errno(statement.get()), mysql_stmt_error(statement.get()), begun);
  }
  const my_bool on = 1;
  mysql_stmt_attr_set(statement.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &on);
  return statements_.emplace(text, std::move(statement)).first->second.get();
}

Reply MysqlConnection::run(Sql sql, std::span<const Value> values) {
  MYSQL_STMT* statement = prepared(sql.text());
  if (mysql_stmt_param_count(statement) != values.size()) {
    throw Error(Error::Kind::kOther, "a statement has more or fewer ? than values");
  }
  const TimePoint begun = std::chrono::steady_clock::now();
  std::vector<MYSQL_BIND> binds(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) std::visit(Bind{binds[i]}, values[i]);

  const Use use(statement);
  Reply reply;
  bool failed = (!binds.empty() && mysql_stmt_bind_param(statement, binds.data()) != 0) ||
                mysql_stmt_execute(statement) != 0 || mysql_stmt_store_result(statement) != 0;
  if (!failed && mysql_stmt_field_count(statement) > 0) {
    failed = Result(statement).read(reply.rows) != 0;
  } else if (!failed) {
    reply.affected = mysql_stmt_affected_rows(statement);
    reply.last_id = static_cast<std::int64_t>(mysql_stmt_insert_id(statement));
  }
  if (failed) throw error(mysql_stmt_errno(statement), mysql_stmt_error(statement), begun);
  return reply;
}

void MysqlConnection::begin() { control("START TRANSACTION"); }

void MysqlConnection::commit() { control("COMMIT"); }

void MysqlConnection::rollback() noexcept {
  if (health_ != Health::kGood) return;  // The server rolls back what was not committed.
  try {
    control("ROLLBACK");
  } catch (const std::exception&) {
    if (health_ == Health::kGood) health_ = Health::kLost;
  }
}

bool MysqlConnection::ping() noexcept {
  const TimePoint begun = std::chrono::steady_clock::now();
  if (health_ == Health::kGood && mysql_ping(server_.get()) != 0) {
    const bool timed_out = std::chrono::steady_clock::now() - begun >= kTimedOut;
    health_ = timed_out ? Health::kTimedOut : Health::kLost;
  }
  return health_ == Health::kGood;
}

}  // namespace pollux::sqlpool
