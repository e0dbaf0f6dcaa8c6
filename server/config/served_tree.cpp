#include "server/config/served_tree.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "server/config/config_value.h"

namespace pollux::server {

namespace {

namespace fs = std::filesystem;

// The path resolved as far as it exists.
std::string canonical(const std::string& path) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(path, ignored), ignored).string();
}

// mountinfo writes a space as \040.
std::string unescaped(std::string_view text) {
  constexpr std::size_t kDigits = 3;
  constexpr int kOctal = 8;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char octet = 0;
    const std::string_view digits = text.substr(i + 1, kDigits);
    if (text[i] != '\\' ||
        std::from_chars(digits.data(), digits.data() + digits.size(), octet, kOctal).ec != std::errc()) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(octet);
    i += kDigits;
  }
  return result;
}

// The fifth word of each line.
std::vector<std::string> mount_points(const std::string& mounts) {
  constexpr int kBefore = 4;
  std::vector<std::string> points;
  std::ifstream file(mounts);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i < kBefore; ++i) words >> word;
    if (words >> word) points.push_back(unescaped(word));
  }
  return points;
}

}  // namespace

ServedTree::ServedTree(const std::string& root, const std::string& mounts, std::size_t max_files,
                       std::string name)
    : root_(canonical(root)), max_files_(max_files), name_(std::move(name)) {
  const auto add = [this](const std::string& path) {
    if (const auto status = status_of(path)) places_.push_back({{status->st_dev, status->st_ino}, path});
  };
  add(root_);
  for (const std::string& point : mount_points(mounts)) {
    if (point.starts_with(root_ + '/')) add(point);
  }
}

ServedTree::Answer ServedTree::look_for(const std::string& file) {
  const std::string path = canonical(file);
  const auto status = status_of(path);
  if (status && !S_ISREG(status->st_mode)) return {};  // For example a device.
  if (const Place* place = place_above(path)) {
    if (place->path == root_) return {Reach::kServed, fmt::format("lies within {}", name_)};
    return {Reach::kServed,
            fmt::format("lies within {}, where it is mounted as {}", name_, in_quotes(place->path))};
  }
  if (!status || status->st_nlink == 1) return {};
  if (!walked_) walk();
  const auto found = many_named_.find({status->st_dev, status->st_ino});
  if (found != many_named_.end()) {
    return {Reach::kServed, fmt::format("is within {}, too, as {}", name_, in_quotes(found->second))};
  }
  if (whole_) return {};
  return {Reach::kUnknown,
          fmt::format("has {} names (hard links), and not all of {} was looked through for them",
                      status->st_nlink, name_)};
}

std::optional<struct stat> ServedTree::status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

const ServedTree::Place* ServedTree::place_above(const std::string& file) const {
  for (fs::path path = file;; path = path.parent_path()) {
    if (const auto status = status_of(path.string())) {
      for (const Place& place : places_) {
        if (place.identity == Identity{status->st_dev, status->st_ino}) return &place;
      }
    }
    if (path == path.parent_path()) return nullptr;
  }
}

void ServedTree::walk() {
  walked_ = true;
  std::error_code error;
  fs::recursive_directory_iterator entry(root_, fs::directory_options::skip_permission_denied, error);
  const fs::recursive_directory_iterator end;
  bool unread = false;  // A served directory whose names we cannot read.
  for (std::size_t files = 0; !error && entry != end; entry.increment(error), ++files) {
    if (files == max_files_) break;
    std::error_code gone;
    if (entry->is_directory(gone) && ::faccessat(AT_FDCWD, entry->path().c_str(), R_OK, AT_EACCESS) != 0) {
      unread = true;
    }
    if (!fs::is_regular_file(entry->symlink_status(gone))) continue;
    const std::string path = entry->path().string();
    const auto status = status_of(path);
    if (status && status->st_nlink > 1) many_named_.emplace(Identity{status->st_dev, status->st_ino}, path);
  }
  whole_ = !error && entry == end && !unread;
}

}  // namespace pollux::server
