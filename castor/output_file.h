// Files that other programs may be reading while castor writes them: they are whole, or what they were
// before.
//
// A regular file, and one that is not there yet, is written as FILE.tmp beside it, which is then renamed:
// Prometheus' text file collector, for one, reads whatever ends in .prom at any time. Others (/dev/stdout,
// pipes) are written to, and so is a file in a directory that takes no others.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace pollux::castor {

// Each: 0, or the errno(3).
[[nodiscard]] int write_file(const std::string& path, std::string_view text);
[[nodiscard]] int check_writable(const std::string& path);  // Leaves everything as it is.

}  // namespace pollux::castor
