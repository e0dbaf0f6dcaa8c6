#include "castor/report/pair_report.h"

#include <fmt/format.h>

#include "castor/report/chart.h"
#include "castor/report/result_json.h"

namespace pollux::castor {

std::string to_text(const Pair& pair, const std::array<std::string, 2>& names) {
  std::string text = fmt::format("A  {}\nB  {}\n{} rounds, in turns\n\n", names[0], names[1], pair.rounds);
  text += fmt::format("{:<12}{:>12}{:>12}{:>10}   {}\n", "", "A", "B", "B / A", "in 95 of 100 cases");
  for (const Ratio& ratio : pair.ratios) {
    const auto label = &ratio == &pair.ratios.front() ? count_label : time_label;
    text += fmt::format("{:<12}{:>12}{:>12}", ratio.name, label(ratio.a), label(ratio.b));
    if (const auto& estimate = ratio.of_b_to_a) {
      const bool open = estimate->low <= 1 && estimate->high >= 1;
      text += fmt::format("{:>10.3f}   {:.3f} to {:.3f}{}", estimate->value, estimate->low, estimate->high,
                          open ? "  no difference can be told" : "");
    }
    text += '\n';
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const Tally& tally = pair.results[i].tally;
    text += fmt::format("\n{}: {} requests, {} failed", i == 0 ? 'A' : 'B', tally.requests(), tally.failed);
  }
  return text + '\n';
}

std::string to_json(const Pair& pair, const std::array<const Options*, 2>& options) {
  std::string ratios;
  for (const Ratio& ratio : pair.ratios) {
    if (!ratio.of_b_to_a) continue;
    const auto& [value, low, high] = *ratio.of_b_to_a;
    ratios += fmt::format("{}\n    \"{}\": {{\"ratio\": {:.6g}, \"low\": {:.6g}, \"high\": {:.6g}}}",
                          ratios.empty() ? "" : ",", ratio.key, value, low, high);
  }
  return fmt::format(
      "{{\n  \"schema\": {},\n  \"rounds\": {},\n  \"ratios\": {{{}}},\n  \"a\": {},\n  \"b\": {}}}\n",
      kJsonSchema, pair.rounds, ratios, to_json(*options[0], pair.results[0]),
      to_json(*options[1], pair.results[1]));
}

}  // namespace pollux::castor
