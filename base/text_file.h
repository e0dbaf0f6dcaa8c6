// Reads a small file as a whole.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pollux {

struct FileText {
  std::string text;
  int error = 0;  // errno; EFBIG: the file exceeds the maximum.
};

enum class FileKind : std::uint8_t {
  kAny,      // Waits for a pipe.
  kRegular,  // Other kinds are an error, without a wait: EISDIR for a directory, EINVAL.
};

[[nodiscard]] FileText read_text_file(const std::string& path, std::size_t max_octets, FileKind kind);

}  // namespace pollux
