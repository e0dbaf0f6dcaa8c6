// Files that other programs may read while castor writes them: a reader sees the complete new file or the old
// one.
//
// A regular file, existing or new, is written as FILE.tmp beside it, which is then renamed: Prometheus' text
// file collector, for example, may read any .prom file at any time. Other files (/dev/stdout, pipes) are
// written directly, and so is a file in a directory where none can be created.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace pollux::castor {

// Each returns 0 or an errno(3).
[[nodiscard]] int write_file(const std::string& path, std::string_view text);
[[nodiscard]] int check_writable(const std::string& path);  // Changes nothing.

}  // namespace pollux::castor
