// The lines of a log, in memory.
#pragma once

#include <string>
#include <string_view>

#include "log/sink.h"

namespace pollux::test {

class StringSink final : public log::Sink {
 public:
  // `lines` must outlive it.
  explicit StringSink(std::string& lines) : lines_(lines) {}
  void write(std::string_view lines) noexcept override { lines_ += lines; }
  void flush() noexcept override {}
  log::Lost close() noexcept override { return {}; }
  void reopen() noexcept override {}
  [[nodiscard]] log::Lost lost() const noexcept override { return {}; }

 private:
  std::string& lines_;
};

}  // namespace pollux::test
