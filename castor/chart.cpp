#include "castor/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/html.h"

namespace pollux::castor {

namespace {

constexpr double kHeight = 300;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 40;
constexpr double kBottom = 44;

// From what values stand at to where they are drawn.
struct Scale {
  double low;
  double high;
  double from;
  double to;

  [[nodiscard]] double operator()(double value) const {
    const double part = high > low ? (value - low) / (high - low) : 0.5;
    return from + part * (to - from);
  }
};

// 1, 2 or 5 times a power of ten, so that there are about `wanted` steps.
double round_step(double range, int wanted) {
  const double rough = std::max(range, 1e-9) / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::vector<Tick> round_ticks(double low, double high, std::string (*label)(double)) {
  std::vector<Tick> ticks;
  const double step = round_step(high - low, 5);
  const auto last = static_cast<std::int64_t>(std::floor(high / step + 1e-3));
  for (auto i = static_cast<std::int64_t>(std::ceil(low / step)); i <= last; ++i) {
    const double at = static_cast<double>(i) * step;
    ticks.push_back({at, label != nullptr ? label(at) : fmt::format("{:g}", at)});
  }
  return ticks;
}

// Powers of ten, and what is between them where there are few. `low` and `high` are logarithms.
std::vector<Tick> decades(double low, double high, std::string (*label)(double)) {
  std::vector<Tick> ticks;
  const bool few = high - low < 2;
  for (int power = static_cast<int>(std::floor(low)); power <= static_cast<int>(std::floor(high)); ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double at = power + std::log10(factor);
      const bool within = at >= low - 1e-9 && at <= high + 1e-9;
      if (within && (few || factor == 1)) ticks.push_back({at, label(std::pow(10, at))});
    }
  }
  return ticks;
}

struct Range {
  double low = 1e300;
  double high = -1e300;
  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

std::vector<Line> drawable(const Chart& chart) {
  std::vector<Line> lines = chart.lines;
  for (Line& line : lines) {
    std::erase_if(line.points, [&](const auto& point) {
      return !std::isfinite(point.first) || (chart.log_y && point.second <= 0);
    });
    if (!chart.log_y) continue;
    for (auto& [x, y] : line.points) y = std::log10(y);
  }
  return lines;
}

std::string axes(const Chart& chart, const std::vector<Tick>& x_ticks, const std::vector<Tick>& y_ticks,
                 const Scale& x, const Scale& y) {
  std::string svg;
  for (const auto& [at, label] : y_ticks) {
    svg += fmt::format(
        "<line class=grid x1={:.1f} x2={:.1f} y1={:.1f} y2={:.1f} /><text x={:.1f} y={:.1f} "
        "text-anchor=end>{}</text>\n",
        kLeft, chart.width - kRight, y(at), y(at), kLeft - 8, y(at) + 4, label);
  }
  for (const auto& [at, label] : x_ticks) {
    if (at < x.low - 1e-9 || at > x.high + 1e-9) continue;
    svg += fmt::format(
        "<line class=tick x1={:.1f} x2={:.1f} y1={:.1f} y2={:.1f} /><text x={:.1f} y={:.1f} "
        "text-anchor=middle>{}</text>\n",
        x(at), x(at), kHeight - kBottom, kHeight - kBottom + 4, x(at), kHeight - kBottom + 18, label);
  }
  return svg + fmt::format("<text class=axis x={:.1f} y={:.1f} text-anchor=middle>{}</text>\n",
                           (kLeft + chart.width - kRight) / 2, kHeight - 6, chart.x_name);
}

}  // namespace

std::string to_svg(const Chart& chart) {
  const std::vector<Line> lines = drawable(chart);
  Range across;
  Range up;
  for (const Line& line : lines) {
    for (const auto& [x, y] : line.points) {
      across.take(x);
      up.take(y);
    }
  }
  if (across.low > across.high) return {};
  if (!chart.log_y) {
    up.low = 0;
    up.high = std::max(up.high * 1.1, 1e-9);
  } else {
    up.low -= 0.08;
    up.high += 0.08;
  }
  const Scale x{across.low, across.high, kLeft, chart.width - kRight};
  const Scale y{up.low, up.high, kHeight - kBottom, kTop};
  const auto x_ticks = chart.x_ticks.empty() ? round_ticks(across.low, across.high, nullptr) : chart.x_ticks;
  const auto y_ticks =
      chart.log_y ? decades(up.low, up.high, chart.y_label) : round_ticks(up.low, up.high, chart.y_label);

  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=img><title>{}</title>\n<text class=title x={} y=22>{}</text>\n",
      chart.width, kHeight, chart.title, kLeft, chart.title);
  svg += axes(chart, x_ticks, y_ticks, x, y);
  for (const Line& line : lines) {
    std::string path;
    for (const auto& [at, value] : line.points) path += fmt::format("{:.1f},{:.1f} ", x(at), y(value));
    svg += fmt::format("<polyline class=\"s{}{}\" points=\"{}\"><title>{}</title></polyline>\n",
                       line.colour % 6, line.dashed ? " dashed" : "", path, escape_html(line.name));
  }
  return svg + "</svg>\n";
}

std::string time_label(double microseconds) {
  if (microseconds < 1e3) return fmt::format("{:.3g} µs", microseconds);
  if (microseconds < 1e6) return fmt::format("{:.3g} ms", microseconds / 1e3);
  return fmt::format("{:.3g} s", microseconds / 1e6);
}

std::string count_label(double count) {
  if (count >= 1e6) return fmt::format("{:.4g}M", count / 1e6);
  if (count >= 1e4) return fmt::format("{:.4g}k", count / 1e3);
  return fmt::format("{:g}", std::round(count));
}

}  // namespace pollux::castor
