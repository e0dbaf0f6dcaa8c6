#include "site/watched_file.h"

#include <utility>

#include "base/file_version.h"

namespace pollux::site {

namespace {

template <class Status>
bool is_same(const Status& a, const Status& b) {
  return a && b ? same_file_and_version(*a, *b) : a.has_value() == b.has_value();
}

}  // namespace

WatchedFile::WatchedFile(std::string path) : path_(std::move(path)), seen_(status()), used_(seen_) {}

bool WatchedFile::look(WallTime now) {
  const Status before = std::exchange(seen_, status());
  if (is_same(seen_, used_)) return false;
  return is_same(seen_, before) || (seen_ && unchanged_for(*seen_, now) > std::chrono::seconds(1));
}

bool WatchedFile::is_as_seen() const { return is_same(status(), seen_); }

WatchedFile::Status WatchedFile::status() const {
  struct stat status {};
  if (path_.empty() || ::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return status;
}

}  // namespace pollux::site
