#include "castor/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "castor/report/chart.h"

namespace pollux::castor {

namespace {

constexpr std::size_t kNameWidth = 14;
constexpr std::size_t kRatioWidth = 9;

double per_second(const Json& json, std::string_view count) {
  const double seconds = json.at("seconds").number;
  return seconds > 0 ? json.at(count).number / seconds : 0;
}

double latency(const Json& json, std::string_view key) { return json.at("latency_us").at(key).number; }

std::string size_label(double octets) { return fmt::format("{:.2f} MiB", octets / (1 << 20)); }

struct Measure {
  const char* name;
  double (*value)(const Json&);
  std::string (*label)(double);
};

constexpr std::array kMeasures = {
    Measure{"requests/s", [](const Json& json) { return per_second(json, "requests"); }, count_label},
    Measure{"failed", [](const Json& json) { return json.at("failed").number; }, count_label},
    Measure{"content/s", [](const Json& json) { return per_second(json, "octets_received"); }, size_label},
    Measure{"p50", [](const Json& json) { return latency(json, "p50"); }, time_label},
    Measure{"p90", [](const Json& json) { return latency(json, "p90"); }, time_label},
    Measure{"p99", [](const Json& json) { return latency(json, "p99"); }, time_label},
    Measure{"p99.9", [](const Json& json) { return latency(json, "p999"); }, time_label},
    Measure{"max", [](const Json& json) { return latency(json, "max"); }, time_label},
    Measure{"mean", [](const Json& json) { return latency(json, "mean"); }, time_label},
};

}  // namespace

std::vector<ComparedRow> compare(const Results& results) {
  std::vector<ComparedRow> rows;
  for (const Measure& measure : kMeasures) {
    ComparedRow row{measure.name, {}};
    double first = 0;
    for (const NamedResult& result : results) {
      const double value = measure.value(result.json);
      const bool has_ratio = first > 0 && value > 0;
      row.values.push_back({measure.label(value), has_ratio ? fmt::format("{:.3g}x", value / first) : ""});
      if (row.values.size() == 1) first = value;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string to_text(const Results& results) {
  std::size_t width = 12;
  for (const NamedResult& result : results) width = std::max(width, result.name.size() + 2);
  std::string text = fmt::format("{:<{}}", "", kNameWidth);
  for (std::size_t i = 0; i < results.size(); ++i)
    text += fmt::format("{:>{}}", results[i].name, width + (i == 0 ? 0 : kRatioWidth));
  for (const auto& [name, values] : compare(results)) {
    text += fmt::format("\n{:<{}}", name, kNameWidth);
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += fmt::format("{:>{}}", values[i].value, width);
      if (i > 0) text += fmt::format("{:>{}}", values[i].ratio, kRatioWidth);
    }
  }
  return text + '\n';
}

}  // namespace pollux::castor
