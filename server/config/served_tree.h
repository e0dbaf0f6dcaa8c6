// The search for files that must stay private in a served directory, under whatever name.
//
// Files are compared by device and inode, not by name:
//  - The directories above the file are looked at: is one of them the served one, or mounted below it? That
//    covers symbolic links and bind mounts, and costs a stat(2) for each.
//  - Only a file that has several names (hard links) makes a walk through the served directory necessary. It
//    is made once, and ends after kMaxFiles.
// Symbolic links that lead out of the served directory do not count: they are not followed (document_root.h).
// Copies of the file are not found, nor what comes into the directory later.
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

  // `mounts`: in the format of proc(5), mountinfo. `name`: what answers call the directory.
  explicit ServedTree(const std::string& root, const std::string& mounts = "/proc/self/mountinfo",
                      std::size_t max_files = kMaxFiles, std::string name = "site.root");

  enum class Reach {
    kPrivate,
    kServed,
    kUnknown,  // It has further names, and not all of them were found.
  };
  struct Answer {
    Reach reach = Reach::kPrivate;
    std::string why;  // "lies within site.root"; empty: it is private.
  };

  // `file` need not be there yet; then only its directory counts.
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
  std::vector<Place> places_;  // The root, and what is mounted below it.
  const std::size_t max_files_;
  const std::string name_;

  bool walked_ = false;
  bool whole_ = true;                           // The walk came to its end.
  std::map<Identity, std::string> many_named_;  // Files of several names that the walk found.
};

}  // namespace pollux::server
