// A -- B: two targets in turns, so that other work on the machine affects both alike.
//
// The time, or the requests, of each are divided into rounds; in every second round B begins. Each round
// gives a ratio, and all rounds give a mean and an interval: the only honest way to compare on a noisy
// machine.
//
// Thread: the main one.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "castor/result.h"

namespace pollux::castor {

struct Ratio {
  const char* name;  // Of the measure: "requests/s", "p50".
  const char* key;   // In the JSON.
  double a = 0;      // Over all rounds: a rate, or microseconds.
  double b = 0;
  std::optional<Estimate> of_b_to_a;  // std::nullopt: it was zero in a round.
};

struct Pair {
  std::array<Result, 2> results;
  std::size_t rounds = 0;  // Complete ones.
  std::vector<Ratio> ratios;
};

// Runs one turn of A (0) or B (1) with these options.
using TakeTurn = std::function<Result(std::size_t which, const Options& options)>;

// Ends early when a turn was interrupted.
[[nodiscard]] Pair run_pair(const std::array<const Options*, 2>& options, const TakeTurn& take_turn);

}  // namespace pollux::castor
