// "Did you mean …?" for misspelt keys, sections, values and options.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pollux::server {

// Optimal string alignment (a Damerau-Levenshtein distance): how many letters must be inserted, deleted,
// replaced or swapped with their neighbour to turn one word into the other. Case is ignored. Takes |a| times
// |b| steps.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, the first among equals. Empty if none is near, which means that more than
// a third of the word would have to change. Words over 64 octets are near to nothing.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// " (did you mean "workers"?)", or nothing when `candidate` is empty.
[[nodiscard]] std::string did_you_mean(std::string_view candidate);

}  // namespace pollux::server
