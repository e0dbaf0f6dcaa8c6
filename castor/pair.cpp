#include "castor/pair.h"

#include <algorithm>

namespace pollux::castor {

namespace {

struct PairedMeasure {
  const char* name;
  const char* key;
  double (*value)(const Result&);
};

double percentile(const Result& result, double percent) {
  return static_cast<double>(result.tally.latency.percentile(percent)) / 1000;
}

constexpr std::array kPairedMeasures = {
    PairedMeasure{"requests/s", "requests_per_second",
                  [](const Result& result) { return result.per_second_mean(); }},
    PairedMeasure{"p50", "p50", [](const Result& result) { return percentile(result, 50); }},
    PairedMeasure{"p90", "p90", [](const Result& result) { return percentile(result, 90); }},
    PairedMeasure{"p99", "p99", [](const Result& result) { return percentile(result, 99); }},
    PairedMeasure{"mean", "mean", [](const Result& result) { return result.tally.latency.mean() / 1000; }},
};

// The share of one turn.
Options turn_of(const Options& options) {
  Options turn = options;
  if (options.time) turn.time = *options.time / static_cast<double>(options.rounds);
  if (options.requests) turn.requests = std::max<std::uint64_t>(*options.requests / options.rounds, 1);
  return turn;
}

}  // namespace

Pair run_pair(const std::array<const Options*, 2>& options, const TakeTurn& take_turn) {
  const std::array turns = {turn_of(*options[0]), turn_of(*options[1])};
  Pair pair;
  std::array<std::vector<double>, kPairedMeasures.size()> ratios;
  bool interrupted = false;
  for (std::size_t round = 0; round < options[0]->rounds && !interrupted; ++round) {
    std::array<Result, 2> results;
    for (const std::size_t which : {round % 2, 1 - round % 2}) {
      if (interrupted) break;
      results[which] = take_turn(which, turns[which]);
      interrupted = results[which].interrupted;
      if (round == 0) pair.results[which].started = results[which].started;
      pair.results[which].append(results[which]);
    }
    if (interrupted) break;
    ++pair.rounds;
    for (std::size_t i = 0; i < kPairedMeasures.size(); ++i) {
      const double a = kPairedMeasures[i].value(results[0]);
      ratios[i].push_back(a > 0 ? kPairedMeasures[i].value(results[1]) / a : 0);
    }
  }
  for (std::size_t i = 0; i < kPairedMeasures.size(); ++i) {
    const auto& [name, key, value] = kPairedMeasures[i];
    pair.ratios.push_back(
        {name, key, value(pair.results[0]), value(pair.results[1]), estimate_ratio(ratios[i])});
  }
  return pair;
}

}  // namespace pollux::castor
