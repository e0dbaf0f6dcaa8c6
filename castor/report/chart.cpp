#include "castor/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/html.h"

namespace pollux::castor {

namespace {

// In pixels. chart_style() has the total height.
constexpr double kTop = 40;
constexpr double kPlot = 216;
constexpr double kBottom = kTop + kPlot;

// Maps values to positions, as fractions of the space.
struct Scale {
  double low;
  double high;

  [[nodiscard]] double operator()(double value) const {
    return high > low ? (value - low) / (high - low) : 0.5;
  }
};

// 1, 2 or 5 times a power of ten, for about `wanted` steps.
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

// Powers of ten, with steps between them if there are few. `low` and `high` are logarithms.
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

double pixels(double part) { return kBottom - part * kPlot; }  // From the top.

std::string axes(const Chart& chart, const std::vector<Tick>& x_ticks, const std::vector<Tick>& y_ticks,
                 const Scale& x, const Scale& y) {
  std::string svg;
  for (const auto& [at, label] : y_ticks) {
    svg += fmt::format(
        "<line class=grid x2=\"100%\" y1={0:.1f} y2={0:.1f} /><text x=-8 y={1:.1f} "
        "text-anchor=end>{2}</text>\n",
        pixels(y(at)), pixels(y(at)) + 4, label);
  }
  for (const auto& [at, label] : x_ticks) {
    if (at < x.low - 1e-9 || at > x.high + 1e-9) continue;
    svg += fmt::format(
        "<line class=tick x1=\"{0:.2f}%\" x2=\"{0:.2f}%\" y1={1} y2={2} /><text x=\"{0:.2f}%\" y={3} "
        "text-anchor=middle>{4}</text>\n",
        x(at) * 100, kBottom, kBottom + 4, kBottom + 18, label);
  }
  return svg + fmt::format("<text x=\"50%\" y={} text-anchor=middle>{}</text>\n", kBottom + 36, chart.x_name);
}

// Stretched to the available room; their strokes are not.
std::string polylines(const std::vector<Line>& lines, const Scale& x, const Scale& y) {
  std::string svg = fmt::format(
      "<svg class=plot y={} height={} viewBox=\"0 0 1 1\" preserveAspectRatio=none>\n", kTop, kPlot);
  for (const Line& line : lines) {
    std::string path;
    for (const auto& [at, value] : line.points) path += fmt::format("{:.4f},{:.4f} ", x(at), 1 - y(value));
    svg += fmt::format("<polyline class=\"s{}{}\" points=\"{}\"><title>{}</title></polyline>\n",
                       line.colour % 6, line.dashed ? " dashed" : "", path, escape_html(line.name));
  }
  return svg + "</svg>\n";
}

}  // namespace

std::string_view chart_style() {
  return R"(
svg { display: block; overflow: visible; }
.chart { width: calc(100% - 72px); height: 300px; margin: 0 16px 0 56px; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .title { font-size: 14px; font-weight: 600; fill: var(--ink); }
svg .grid, svg .tick { stroke: var(--line); }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.dashed { stroke-dasharray: 5 4; opacity: .75; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); }
.s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); }
)";
}

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
  const Scale x{across.low, across.high};
  const Scale y{up.low, up.high};
  const auto x_ticks = chart.x_ticks.empty() ? round_ticks(across.low, across.high, nullptr) : chart.x_ticks;
  const auto y_ticks =
      chart.log_y ? decades(up.low, up.high, chart.y_label) : round_ticks(up.low, up.high, chart.y_label);

  return fmt::format(
      "<svg class=chart role=img><title>{0}</title>\n<text class=title x=-48 y=22>{0}</text>\n{1}{2}</svg>\n",
      chart.title, axes(chart, x_ticks, y_ticks, x, y), polylines(lines, x, y));
}

std::string time_label(double microseconds) {
  if (microseconds <= 0) return "–";
  if (microseconds < 1e3) return fmt::format("{:.3g} µs", microseconds);
  if (microseconds < 1e6) return fmt::format("{:.3g} ms", microseconds / 1e3);
  return fmt::format("{:.3g} s", microseconds / 1e6);
}

std::string count_label(double count) {
  if (count >= 1e6) return fmt::format("{:.4g}M", count / 1e6);
  if (count >= 1e4) return fmt::format("{:.4g}k", count / 1e3);
  if (count >= 100) return fmt::format("{:g}", std::round(count));
  return fmt::format("{:.3g}", count);
}

}  // namespace pollux::castor
