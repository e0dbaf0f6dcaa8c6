#include "castor/report/live.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace pollux::castor {

namespace {

constexpr int kBarWidth = 24;
constexpr std::size_t kSparks = 60;
constexpr milliseconds kTerminalInterval{200};
constexpr milliseconds kLineInterval{2000};

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// As many characters as the terminal has columns: a line that wraps could not be overwritten.
std::string cut(std::string text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;  // A character of UTF-8.
    if (begins && seen++ == columns) {
      text.resize(i);
      break;
    }
  }
  return text;
}

std::string bar(double part) {
  const int full = static_cast<int>(part * kBarWidth);
  std::string text = "[";
  for (int i = 0; i < kBarWidth; ++i) text += i < full ? "█" : "░";
  return text + "]";
}

std::string sparkline(const std::deque<double>& values) {
  static constexpr std::array kSteps = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string text;
  for (const double value : values) {
    const double part = most > 0 ? value / most : 0;
    text += kSteps[static_cast<std::size_t>(std::clamp(part * 7.99, 0.0, 7.0))];
  }
  return text;
}

std::string milliseconds_of(double microseconds) {
  if (microseconds <= 0) return "-";
  return fmt::format("{:.{}f}", microseconds / 1000, microseconds < 100 ? 4 : 2);
}

}  // namespace

LiveView::LiveView(const Plan& plan, std::string label)
    : plan_(plan),
      options_(plan.options),
      label_(std::move(label)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      interval_(terminal_ ? kTerminalInterval : kLineInterval),
      last_(plan.times.start) {}

std::string LiveView::line_of(const Progress& progress, double elapsed, double rate) const {
  Second latest;  // The last complete second, or this one if there is none.
  const auto second = static_cast<std::size_t>(std::max(elapsed, 0.0));
  for (const std::size_t at : {second, second - 1}) {
    const auto found = plan_.series.at(at);
    if (found && found->p99_us > 0) latest = *found;
  }
  std::string line = label_;
  line += elapsed < 0 ? fmt::format("warm-up {:.1f} s", -elapsed) : fmt::format("{:6.1f} s", elapsed);
  line += rate < 100 ? fmt::format("  {:>8.3g}/s", rate) : fmt::format("  {:>8.0f}/s", rate);
  line += fmt::format("  p99 {:>8} ms  errors {}", milliseconds_of(latest.p99_us), progress.failed);
  if (options_.idle > 0) line += fmt::format("  held {}", progress.held);
  return line + fmt::format("  p50 {} ms", milliseconds_of(latest.p50_us));
}

// "receive timeout: 3, response status: 2"
std::string LiveView::errors() const {
  std::string text;
  for (const auto& [name, count] : plan_.series.failures().named_errors())
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, count);
  return text;
}

void LiveView::show(const Progress& progress, TimePoint now) {
  if (options_.quiet || options_.webbench || now - last_ < interval_) return;
  const double elapsed = Seconds(now - plan_.times.measure).count();
  const double rate = static_cast<double>(progress.requests - last_requests_) / Seconds(now - last_).count();
  last_ = now;
  last_requests_ = progress.requests;
  double part = 0;
  if (options_.time) part = elapsed / options_.time->count();
  if (options_.requests)
    part = std::max(part, static_cast<double>(progress.requests) / static_cast<double>(*options_.requests));
  part = std::clamp(part, 0.0, 1.0);

  const std::string line = line_of(progress, elapsed, rate);
  const std::string kinds = progress.failed > 0 ? errors() : "";
  if (!terminal_) {
    fmt::print(stderr, "{}  {:3.0f} %{}{}\n", line, part * 100, kinds.empty() ? "" : "  ", kinds);
    (void)std::fflush(stderr);
    return;
  }
  rates_.push_back(rate);
  if (rates_.size() > kSparks) rates_.pop_front();
  std::vector<std::string> lines = {
      line, fmt::format("{} {:3.0f} %  {}", bar(part), part * 100, sparkline(rates_))};
  if (!kinds.empty()) lines.push_back(kinds);
  draw(std::move(lines));
}

// Overwrites the previous lines.
void LiveView::draw(std::vector<std::string> lines) {
  std::string text = drawn_ > 1 ? fmt::format("\x1b[{}A", drawn_ - 1) : "";
  text += "\r\x1b[J";
  const std::size_t columns = terminal_columns();
  for (std::size_t i = 0; i < lines.size(); ++i)
    text += (i == 0 ? "" : "\n") + cut(std::move(lines[i]), columns);
  drawn_ = lines.size();
  fmt::print(stderr, "{}", text);
  (void)std::fflush(stderr);
}

void LiveView::end() {
  if (drawn_ > 0) draw({""});
  drawn_ = 0;
}

}  // namespace pollux::castor
