// Searches a served directory for files that must stay private, under any name.
//
// Files are compared by device and inode, not by name:
//  - Each directory above the file is compared with the served one and with those mounted below it. That
//    covers symbolic links and bind mounts, and costs one stat(2) each.
//  - A walk through the served directory is necessary only for a file with several names (hard links). It
//    is
//      made once, and ends after kMaxFiles.
// Symbolic links that lead out of the served directory do not count, as they are not followed
// (document_root.h). Copies of the file are not found, nor are files added to the directory later.
//
// Thread: start-up only.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pollux::server {

class ServedTree {
 public:
  static constexpr std::size_t kMaxFiles = 100'000;

  // `mounts`: in the format of proc(5), mountinfo. `name`: the directory's name in answers.
  explicit ServedTree(const std::string& root, const std::string& mounts = "/proc/self/mountinfo",
                      std::size_t max_files = kMaxFiles, std::string name = "site.root");

  enum class Reach {
    kPrivate,
    kServed,
    kUnknown,  // It has further names, and some were not found.
  };
  struct Answer {
    Reach reach = Reach::kPrivate;
    std::string why;  // "lies within site.root"; empty: it is private.
  };

  // `file` need not exist yet; then only its directory is looked at.
  [[nodiscard]] Answer look_for(const std::string& file);

 private:
  using Identity = std::pair<dev_t, ino_t>;
  struct Place {
    Identity identity;
    std::string path;
  };

  [[nodiscard]] static std::optional<struct stat> status_of(const std::string& path);
  [[nodiscard]] const Place* place_above(const std::string& file) const;
  void walk();

  const std::string root_;     // Absolute, and without symbolic links.
  std::vector<Place> places_;  // The root, and all mount points below it.
  const std::size_t max_files_;
  const std::string name_;

  bool walked_ = false;
  bool whole_ = true;                           // The walk was completed.
  std::map<Identity, std::string> many_named_;  // Files with several names that the walk found.
};

}  // namespace pollux::server
