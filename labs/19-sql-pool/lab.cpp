// Connections with and without a pool, leases and exceptions, statements put together and prepared. The
// database is an SQLite file of its own; the pool is Pollux's.
#include "lab.h"

#include <sqlite3.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <future>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "log/logger.h"
#include "sqlpool/sql_pool.h"
#include "sqlpool/sqlite_connection.h"
#include "tests/temporary_directory.h"

namespace {

using namespace pollux::sqlpool;
using pollux::milliseconds;
using pollux::test::TemporaryDirectory;
using Time = std::chrono::steady_clock;

// A database whose connections are counted.
class Database {
 public:
  Database() {
    address_.path = directory_ / "lab.db";
    open()->execute("CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT NOT NULL)");
    opened_ = 0;
  }

  std::unique_ptr<Connection> open() {
    ++opened_;
    return std::make_unique<SqliteConnection>(address_);
  }
  [[nodiscard]] SqlPool::Connector connector() {
    return [this] { return open(); };
  }
  [[nodiscard]] int opened() const { return opened_.load(); }
  [[nodiscard]] const std::string& path() const { return address_.path; }

 private:
  TemporaryDirectory directory_;
  Address address_;
  std::atomic<int> opened_{0};
};

pollux::TimePoint in(milliseconds time) { return Time::now() + time; }
constexpr milliseconds kLong(30'000);

// --- What a connection costs

constexpr int kRequests = 200;

template <class Work>
double microseconds_each(const Work& work) {
  const auto begun = Time::now();
  for (int i = 0; i < kRequests; ++i) work();
  return std::chrono::duration<double, std::micro>(Time::now() - begun).count() / kRequests;
}

struct Cost {
  int opened = 0;
  double microseconds = 0;
};

Cost without_pool() {
  Database database;
  const double cost = microseconds_each([&] { database.open()->execute("SELECT count(*) FROM users"); });
  return {database.opened(), cost};
}

Cost with_pool() {
  Database database;
  SqlPool pool("the lab's", database.connector(), {});
  const double cost =
      microseconds_each([&] { pool.acquire(in(kLong)).execute("SELECT count(*) FROM users"); });
  return {database.opened(), cost};
}

// --- What becomes of a connection when an exception flies

// What one writes first: who takes a connection gives it back.
class BareList {
 public:
  explicit BareList(Database& database) {
    for (int i = 0; i < 2; ++i) connections_.push_back(database.open());
  }
  std::unique_ptr<Connection> take() {
    if (connections_.empty()) return nullptr;
    auto one = std::move(connections_.front());
    connections_.pop_front();
    return one;
  }
  void give_back(std::unique_ptr<Connection> one) { connections_.push_back(std::move(one)); }

 private:
  std::list<std::unique_ptr<Connection>> connections_;
};

// How many of ten requests that all fail got a connection.
template <class Request>
int served(const Request& request) {
  int served = 0;
  for (int i = 0; i < 10; ++i) {
    try {
      request();
    } catch (const Error& error) {
      if (error.kind() == Error::Kind::kOther) ++served;  // The statement's own fault.
    }
  }
  return served;
}

int served_by_bare_list() {
  Database database;
  BareList list(database);
  return served([&] {
    auto one = list.take();
    if (one == nullptr) throw Error(Error::Kind::kBusy, "none left");
    one->execute("SELECT a mistake");  // Throws past the next line.
    list.give_back(std::move(one));
  });
}

int served_by_leases() {
  Database database;
  SqlPool pool("the lab's", database.connector(), {.size = 2});
  return served([&] { pool.acquire(in(milliseconds(0))).execute("SELECT a mistake"); });
}

// --- An empty pool

struct Waits {
  std::optional<Error::Kind> refused;
  milliseconds waited{0};
  bool woken = false;
};

Waits wait_for_lent() {
  Database database;
  SqlPool pool("the lab's", database.connector(), {.size = 1});
  Waits waits;
  std::optional<SqlPool::Lease> lent(pool.acquire(in(kLong)));
  const auto begun = Time::now();
  try {
    (void)pool.acquire(in(milliseconds(100)));
  } catch (const Error& error) {
    waits.refused = error.kind();
  }
  waits.waited = std::chrono::duration_cast<milliseconds>(Time::now() - begun);

  auto waiter = std::async(std::launch::async, [&] { (void)pool.acquire(in(kLong)); });
  const bool before = waiter.wait_for(milliseconds(50)) == std::future_status::ready;
  lent.reset();
  waiter.get();
  waits.woken = !before && pool.connections() == 1;
  return waits;
}

// --- A database that is away

struct Away {
  int refused = 0;
  int attempts = 0;
};

Away away() {
  std::atomic<int> attempts{0};
  const auto refuse = [&]() -> std::unique_ptr<Connection> {
    ++attempts;
    throw Error(Error::Kind::kUnavailable, "connection refused");
  };
  PoolOptions options;
  options.first_pause = options.longest_pause = milliseconds(60'000);
  SqlPool pool("the lab's", refuse, options);
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      try {
        (void)pool.acquire(in(kLong));
      } catch (const Error& error) {
        if (error.kind() == Error::Kind::kUnavailable) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return {refused.load(), attempts.load()};
}

// --- SQL that visitors write

// TinyWebServer's way, by SQLite's C interface: Pollux has none that takes such a text.
int rows_by_sprintf(const std::string& path, const std::string& name, const std::string& password) {
  sqlite3* database = nullptr;
  lab::must(-sqlite3_open(path.c_str(), &database), "sqlite3_open");
  char text[500];
  std::snprintf(text, sizeof text, "SELECT name FROM users WHERE name = '%s' AND password = '%s'",
                name.c_str(), password.c_str());
  int rows = 0;
  const auto count = [](void* to, int, char**, char**) { return ++*static_cast<int*>(to), 0; };
  const int error = sqlite3_exec(database, text, count, &rows, nullptr);
  sqlite3_close(database);
  return error == SQLITE_OK ? rows : -1;
}

std::size_t rows_by_statement(Connection& connection, const std::string& name, const std::string& password) {
  return connection.execute("SELECT name FROM users WHERE name = ? AND password = ?", {name, password})
      .rows.size();
}

struct Injection {
  int by_sprintf = 0;
  int honest_by_sprintf = 0;
  std::size_t by_statement = 0;
  std::size_t honest_by_statement = 0;
};

Injection inject() {
  Database database;
  const auto connection = database.open();
  connection->execute("INSERT INTO users VALUES (?, ?)", {std::string("admin"), std::string("secret")});
  connection->execute("INSERT INTO users VALUES (?, ?)", {std::string("O'Brien"), std::string("secret")});
  const std::string thief = "admin' --";
  return {
      rows_by_sprintf(database.path(), thief, "guess"), rows_by_sprintf(database.path(), "O'Brien", "secret"),
      rows_by_statement(*connection, thief, "guess"), rows_by_statement(*connection, "O'Brien", "secret")};
}

// --- One name, registered twice

struct Registered {
  int found_free = 0;
  int inserted = 0;
};

Registered register_at_once() {
  Database database;
  SqlPool pool("the lab's", database.connector(), {});
  std::atomic<int> found_free{0}, inserted{0};
  std::barrier both_have_looked(2);
  const auto visitor = [&] {
    SqlPool::Lease lease = pool.acquire(in(kLong));
    if (lease.execute("SELECT name FROM users WHERE name = ?", {std::string("ada")}).rows.empty())
      ++found_free;
    both_have_looked.arrive_and_wait();
    try {
      lease.execute("INSERT INTO users VALUES (?, ?)", {std::string("ada"), std::string("secret")});
      ++inserted;
    } catch (const Error& error) {
      if (error.kind() != Error::Kind::kConstraint) throw;
    }
  };
  std::thread other(visitor);
  visitor();
  other.join();
  return {found_free.load(), inserted.load()};
}

// A text that was put together is no statement: this is checked when the lab is compiled.
static_assert(!std::is_constructible_v<Sql, std::string>);

}  // namespace

int main() {
  pollux::log::set_level(pollux::log::Level::kOff);  // The pool would say that the database is away.
  const Cost bare = without_pool();
  const Cost pooled = with_pool();
  const int bare_served = served_by_bare_list();
  const int lease_served = served_by_leases();
  const Waits waits = wait_for_lent();
  const Away gone = away();
  const Injection injection = inject();
  const Registered registered = register_at_once();

  std::printf("%d requests        connections opened   us each\n", kRequests);
  std::printf("  without a pool   %18d%10.0f\n", bare.opened, bare.microseconds);
  std::printf("  with a pool      %18d%10.0f\n\n", pooled.opened, pooled.microseconds);
  std::printf("of ten requests that throw, with two connections\n");
  std::printf("  taken and given back by hand: %2d get one\n", bare_served);
  std::printf("  by a lease:                   %2d\n\n", lease_served);
  std::printf("log-ins                    admin' --     O'Brien and his password\n");
  std::printf("  by sprintf         %12s%29s\n", injection.by_sprintf == 1 ? "is in" : "is refused",
              injection.honest_by_sprintf < 0 ? "a syntax error" : "is in");
  std::printf("  by a statement     %12s%29s\n\n", injection.by_statement == 1 ? "is in" : "is refused",
              injection.honest_by_statement == 1 ? "is in" : "is refused");
  lab::shown(bare.opened == kRequests && pooled.opened == 1,
             "without a pool each request opens a connection, with one the first does");
  lab::shown(bare_served == 2 && lease_served == 10,
             "an exception takes a connection along that is given back by hand, and none from a lease");
  lab::shown(
      waits.refused == Error::Kind::kBusy && waits.waited >= milliseconds(100) && waits.woken,
      "when all are lent, a caller waits until its deadline and no longer, or gets the one given back");
  lab::shown(gone.refused == 16 && gone.attempts == 1,
             "while the database is away, one of sixteen callers tries to connect, and all are told");
  lab::shown(injection.by_sprintf == 1 && injection.honest_by_sprintf == -1 && injection.by_statement == 0 &&
                 injection.honest_by_statement == 1,
             "a name with a quote in it is SQL to sprintf, and only a name to a prepared statement");
  lab::shown(registered.found_free == 2 && registered.inserted == 1,
             "two visitors find the same name free, and the unique index lets one of them have it");
  return lab::verdict();
}
