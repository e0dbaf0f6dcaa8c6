// A site's rules about its files, as the file cache asks for them: once when it loads a file, not on every
// request.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "http/field_lines.h"

namespace pollux::http {

class FileRules {
 public:
  FileRules() = default;
  FileRules(const FileRules&) = delete;
  FileRules& operator=(const FileRules&) = delete;
  virtual ~FileRules() = default;

  // Changes the header lines of the file that is asked for by this path: lines of its 200.
  virtual void apply(std::string_view path, FieldLines& lines) const = 0;

  // Whether requests for this path have to be asked about one by one, beside that.
  [[nodiscard]] virtual bool may_differ(std::string_view path) const = 0;

  // Another one whenever the rules are others: what was loaded before then goes by old ones.
  [[nodiscard]] virtual std::uint64_t generation(TimePoint now) = 0;
};

}  // namespace pollux::http
