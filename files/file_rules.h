// A site's rules about its files, as the file cache asks for them: once when it loads a file, not on every
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

  // Changes the header lines of the file that is asked for by this path: lines of its 200.
  virtual void apply(std::string_view path, http::FieldLines& lines) const = 0;

  // Whether requests for this path have to be asked about one by one, beside that.
  [[nodiscard]] virtual bool may_differ(std::string_view path) const = 0;

  // Another one whenever the rules are others: what was loaded before then goes by old ones.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;

  // Looks whether the rules have changed, and has those that did in force when it returns.
  // Thread: one at a time, of this and the next. (DocumentRoot calls both, once a second at most.)
  virtual void look() = 0;

  // The path of the site leads to another directory, of which no file is served yet: its rules are read now.
  // false: they are just being written, so the directory cannot be served, and nothing has changed.
  [[nodiscard]] virtual bool read_anew() = 0;
};

}  // namespace pollux::files
