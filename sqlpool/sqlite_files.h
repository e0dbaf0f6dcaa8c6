// A check that the files of an open SQLite database are the ones that its name leads to, and whole.
//
// SQLite looks at names when it opens files. Where they are deleted, replaced, truncated or overwritten
// afterwards, it goes on writing into what it has open, and reports success: the next start finds nothing of
// it (https://www.sqlite.org/howtocorrupt.html). So a commit counts only if this class has no objection.
//
// It sees other files under the names, a database that has become smaller, and a log (-wal) of which a page
// or more was cut out or overwritten. It does not see octets that somebody changed within a page.
//
// Thread: one at a time, that of the connection.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <string>

struct sqlite3;

namespace pollux::sqlpool {

class SqliteFiles {
 public:
  enum class State {
    kWhole,
    kLogMoved,  // The -wal or its -shm is another file, or none; the database itself is whole.
    kBroken,    // The database is another file, or it or its log was cut or overwritten.
  };

  // REQUIRES: `database` writes ahead, has been read from, and outlives this.
  explicit SqliteFiles(sqlite3& database);

  // `frames`: how many of the log to look at; all of them after a commit. Costs three calls of stat(2), and a
  // short read for each frame.
  [[nodiscard]] State look(int frames = 1) noexcept;

 private:
  // A file under its name.
  struct Named {
    explicit Named(std::string path);
    [[nodiscard]] bool is_there() const noexcept;

    std::string path;
    dev_t device = 0;
    ino_t number = 0;
  };

  [[nodiscard]] bool database_is_whole() noexcept;
  [[nodiscard]] bool log_is_whole(int frames) const noexcept;

  sqlite3& database_;
  const std::string path_;  // Absolute, and without symbolic links.
  const std::array<Named, 2> logs_;
  std::int64_t size_ = 0;  // Bytes of the database. It grows; only a VACUUM makes it smaller.
};

}  // namespace pollux::sqlpool
