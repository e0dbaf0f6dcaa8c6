// Line charts as SVG, in the colours of the page they stand in (classes s0 to s5).
//
// Pure functions of values; any thread.
#pragma once

#include <string>
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
  std::string name;  // Shown where the mouse rests.
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  double width = 720;  // In the units of its own text.
  std::string title;
  std::string x_name;
  std::vector<Tick> x_ticks;  // Empty: round numbers.
  bool log_y = false;         // REQUIRES: values above zero; others are left out.
  std::string (*y_label)(double value) = nullptr;
  std::vector<Line> lines;
};

[[nodiscard]] std::string to_svg(const Chart& chart);

// "312 us", "1.32 ms", "2.0 s", of microseconds; "45.1k" of a count.
[[nodiscard]] std::string time_label(double microseconds);
[[nodiscard]] std::string count_label(double count);

// For text within HTML.

}  // namespace pollux::castor
