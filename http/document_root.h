// The folder a site is served from, and the only way into it.
//
// Every path is opened with openat2(2) and RESOLVE_BENEATH: the kernel refuses "..", absolute
// paths and symbolic links that would lead out of the folder, also when they are made while we look.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace pollux::http {

class DocumentRoot {
 public:
  // Throws std::system_error: no such folder, no permission, or a kernel without openat2 (before 5.6).
  explicit DocumentRoot(const std::string& folder);

  // Opens a file or folder for reading. `path` begins with '/' and is decoded. Never blocks on a FIFO.
  // On failure the result is empty and errno tells; EXDEV: it leads out of the folder.
  [[nodiscard]] UniqueFd open(std::string_view path) const;

 private:
  UniqueFd folder_;
};

}  // namespace pollux::http
