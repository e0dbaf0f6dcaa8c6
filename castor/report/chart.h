// Line charts as SVG, in the colours of the surrounding page (classes s0 to s5).
//
// A chart is as wide as the page allows, and its text has the page's size at any width: only the lines are
// stretched, in an SVG within the SVG. Labels are outside, in the margins that chart_style() defines.
//
// Pure functions of values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::castor {

struct Tick {
  double at;
  std::string label;
};

struct Line {
  std::size_t colour;
  bool dashed;
  std::string name;  // Shown on mouse-over.
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  std::string title;
  std::string x_name;
  std::vector<Tick> x_ticks;  // Empty: round numbers.
  bool log_y = false;         // REQUIRES: values above zero; others are left out.
  std::string (*y_label)(double value) = nullptr;
  std::vector<Line> lines;
};

// CSS that charts need.
[[nodiscard]] std::string_view chart_style();

// Empty if there is nothing to draw.
[[nodiscard]] std::string to_svg(const Chart& chart);

// "312 µs", "1.32 ms", "2 s", for microseconds, and "–" if nothing was measured. "45.1k" or "0.25" for a
// count or a rate.
[[nodiscard]] std::string time_label(double microseconds);
[[nodiscard]] std::string count_label(double count);

}  // namespace pollux::castor
