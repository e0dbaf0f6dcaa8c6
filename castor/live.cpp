#include "castor/live.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pollux::castor {

namespace {

constexpr int kBarWidth = 24;
constexpr milliseconds kTerminalInterval{200};
constexpr milliseconds kLineInterval{2000};

}  // namespace

LiveLine::LiveLine(const Plan& plan)
    : plan_(plan),
      options_(plan.options),
      terminal_(::isatty(STDERR_FILENO) == 1),
      interval_(terminal_ ? kTerminalInterval : kLineInterval),
      last_(plan.times.start) {}

std::string LiveLine::bar(double part) const {
  const int full = static_cast<int>(std::clamp(part, 0.0, 1.0) * kBarWidth);
  std::string text = "[";
  for (int i = 0; i < kBarWidth; ++i) text += i < full ? "█" : "░";
  return text + "]";
}

void LiveLine::show(const Progress& progress, TimePoint now) {
  if (options_.quiet || options_.webbench || now - last_ < interval_) return;
  const double elapsed = Seconds(now - plan_.times.measure).count();
  const double rate = static_cast<double>(progress.requests - last_requests_) / Seconds(now - last_).count();
  last_ = now;
  last_requests_ = progress.requests;
  double part = 0;
  if (options_.time) part = elapsed / options_.time->count();
  if (options_.requests)
    part = std::max(part, static_cast<double>(progress.requests) / static_cast<double>(*options_.requests));
  std::string p99 = "-";  // Of the last second that is over, or of this one if there is none.
  const auto second = static_cast<std::size_t>(std::max(elapsed, 0.0));
  for (const std::size_t at : {second, second - 1}) {
    const auto found = plan_.series.at(at);
    if (found && found->p99_us > 0)
      p99 = fmt::format("{:.{}f}", found->p99_us / 1000, found->p99_us < 100 ? 4 : 2);
  }
  std::string line =
      elapsed < 0 ? fmt::format("warm-up {:.1f} s", -elapsed) : fmt::format("{:6.1f} s", elapsed);
  line += rate < 100 ? fmt::format("  {:>8.3g}/s", rate) : fmt::format("  {:>8.0f}/s", rate);
  line += fmt::format("  p99 {:>8} ms  errors {}", p99, progress.failed);
  if (options_.idle > 0) line += fmt::format("  held {}", progress.held);
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{}  {}", line, bar(part));
  } else {
    fmt::print(stderr, "{}  {:3.0f} %\n", line, std::clamp(part, 0.0, 1.0) * 100);
  }
  (void)std::fflush(stderr);
  shown_ = true;
}

void LiveLine::end() {
  if (shown_ && terminal_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace pollux::castor
