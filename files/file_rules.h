// A site's rules about its files. The file cache applies them once when it loads a file, not on every
// request.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/field_lines.h"

namespace pollux::files {

class FileRules {
 public:
  FileRules() = default;
  FileRules(const FileRules&) = delete;
  FileRules& operator=(const FileRules&) = delete;
  virtual ~FileRules() = default;

  // Changes the header lines of the 200 for the file that is requested by this path.
  virtual void apply(std::string_view path, http::FieldLines& lines) const = 0;

  // Whether requests for this path must also be checked one by one.
  [[nodiscard]] virtual bool may_differ(std::string_view path) const = 0;

  // Changes whenever the rules change: files loaded before then follow old rules.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;

  // Checks whether the rules have changed, and puts changes in force before it returns. Thread: one at a
  // time, for this and the next. (DocumentRoot calls both, once a second at most.)
  virtual void look() = 0;

  // The site's path leads to another directory, of which no file is served yet: reads its rules now. false:
  // they are being written at the moment, so the directory cannot be served; nothing has changed.
  [[nodiscard]] virtual bool read_anew() = 0;
};

}  // namespace pollux::files
