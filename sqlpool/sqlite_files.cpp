#include "sqlpool/sqlite_files.h"

#include <sqlite3.h>

#include <optional>
#include <utility>

namespace pollux::sqlpool {

namespace {

// The log: https://www.sqlite.org/fileformat2.html#walformat
constexpr std::uint32_t kMagic = 0x377f0682;  // The last bit tells the order of bytes in checksums.
constexpr std::int64_t kHeader = 32;          // Bytes.
constexpr std::int64_t kFrameHeader = 24;     // Bytes.
constexpr std::int64_t kPageSize = 8;         // Where the header says it,
constexpr std::int64_t kSalt = 16;            // and its salt,
constexpr std::int64_t kFrameSalt = 8;        // which each frame repeats.

// When all of the log is in the database, the next writer begins it anew. It writes the header first.
constexpr int kAttempts = 3;

// A big-endian number; std::nullopt: the file ends before it.
std::optional<std::uint32_t> number_at(sqlite3_file& file, std::int64_t offset) {
  std::array<unsigned char, 4> octets{};
  if (file.pMethods->xRead(&file, octets.data(), octets.size(), offset) != SQLITE_OK) return std::nullopt;
  std::uint32_t number = 0;
  for (const unsigned char octet : octets) number = number << 8 | octet;
  return number;
}

// Others may have begun the log anew after the commit that is looked at, and then the salt is greater by one.
bool has_frames(sqlite3_file& log, int frames) {
  const auto magic = number_at(log, 0);
  const auto page_size = number_at(log, kPageSize);
  const auto salt = number_at(log, kSalt);
  if (!magic || (*magic & ~1U) != kMagic || !page_size || !salt) return false;
  for (int i = 0; i < frames; ++i) {
    const auto frame_salt = number_at(log, kHeader + i * (kFrameHeader + *page_size) + kFrameSalt);
    if (!frame_salt || *salt - *frame_salt > 1) return false;
  }
  return true;
}

}  // namespace

SqliteFiles::SqliteFiles(sqlite3& database)
    : database_(database),
      path_(sqlite3_db_filename(&database, "main")),
      logs_{Named(path_ + "-wal"), Named(path_ + "-shm")} {}

SqliteFiles::State SqliteFiles::look(int frames) noexcept {
  if (!database_is_whole()) return State::kBroken;
  for (const Named& log : logs_) {
    if (!log.is_there()) return State::kLogMoved;
  }
  return log_is_whole(frames) ? State::kWhole : State::kBroken;
}

SqliteFiles::Named::Named(std::string name) : path(std::move(name)) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  device = status.st_dev;
  number = status.st_ino;
}

bool SqliteFiles::Named::is_there() const noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_dev == device && status.st_ino == number;
}

bool SqliteFiles::database_is_whole() noexcept {
  int moved = 0;
  const bool asked = sqlite3_file_control(&database_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK;
  struct stat status {};
  if (!asked || moved != 0 || ::stat(path_.c_str(), &status) != 0) return false;
  const bool shrunk = status.st_size < size_;
  size_ = status.st_size;
  return !shrunk;
}

bool SqliteFiles::log_is_whole(int frames) const noexcept {
  sqlite3_file* log = nullptr;
  sqlite3_int64 size = 0;
  if (sqlite3_file_control(&database_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK) return false;
  if (log == nullptr || log->pMethods == nullptr) return false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (log->pMethods->xFileSize(log, &size) != SQLITE_OK) return false;
    // Without a frame, all of it is in the database, or the first one is just being written.
    if (size <= kHeader || has_frames(*log, frames)) return true;
  }
  return false;
}

}  // namespace pollux::sqlpool
