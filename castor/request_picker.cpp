#include "castor/request_picker.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pollux::castor {

namespace {

// The k-th occurrence of a request with weight w is at (k + 1/2) / w of the whole.
std::vector<const PreparedRequest*> spread(const std::vector<PreparedRequest>& requests) {
  std::uint32_t common = 0;  // Divisor of all weights.
  for (const PreparedRequest& request : requests) common = std::gcd(common, request.weight);
  std::vector<std::pair<double, const PreparedRequest*>> places;
  for (const PreparedRequest& request : requests) {
    const std::uint32_t weight = request.weight / std::max(common, 1U);
    for (std::uint32_t k = 0; k < weight; ++k) places.emplace_back((k + 0.5) / weight, &request);
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const PreparedRequest*> order;
  order.reserve(places.size());
  for (const auto& [place, request] : places) order.push_back(request);
  return order;
}

}  // namespace

RequestPicker::RequestPicker(const Origin& origin, std::optional<std::uint64_t> seed)
    : origin_(origin), order_(spread(origin.requests)), seed_(seed) {}

// SplitMix64 (Steele, Lea, Flood 2014).
std::size_t RequestPicker::random_below(std::size_t count) {
  std::uint64_t z = *seed_ += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  z ^= z >> 31U;
  return static_cast<std::size_t>(static_cast<double>(z >> 11U) * 0x1p-53 * static_cast<double>(count));
}

}  // namespace pollux::castor
