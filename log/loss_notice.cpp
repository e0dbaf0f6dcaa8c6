#include "log/loss_notice.h"

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <system_error>

#include "log/escape.h"
#include "log/put.h"

namespace pollux::log {

namespace {

constexpr std::chrono::minutes kSilence(1);

}  // namespace

void complain_on_stderr(std::string_view message) noexcept try {
  const std::string line = fmt::format("pollux: [warn] {}\n", printable(message));
  (void)put(STDERR_FILENO, medium_of(STDERR_FILENO), line, milliseconds(0));
} catch (const std::exception&) {  // No memory: the next one, perhaps.
}

bool LossNotice::lost(std::uint64_t lines, int error, WallTime now) noexcept try {
  lines_ += lines;
  if (!complain_ || now < silent_until_) return false;
  silent_until_ = now + kSilence;
  complain_(fmt::format("cannot write to {}: {}; {} {} lost", name_, std::generic_category().message(error),
                        lines_, lines_ == 1 ? "line" : "lines"));
  return true;
} catch (const std::exception&) {  // No memory: the next one, perhaps.
  return false;
}

}  // namespace pollux::log
