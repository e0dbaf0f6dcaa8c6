#include "base/memory_budget.h"

#include <algorithm>
#include <bit>

namespace pollux {

namespace {

constexpr std::uint64_t hold_from(std::uint64_t limit) { return limit / 4 * 3; }

}  // namespace

// REQUIRES: steps > 0.
std::size_t MemoryBudget::class_of(std::size_t steps) {
  return std::min(static_cast<std::size_t>(std::bit_width(steps)) - 1, kClasses - 1);
}

void MemoryBudget::change(std::size_t from, std::size_t to) {
  if (to > 0) sums_[class_of(to)].fetch_add(to * kStep, std::memory_order_relaxed);
  if (from > 0) sums_[class_of(from)].fetch_sub(from * kStep, std::memory_order_relaxed);
  total_.fetch_add(to * kStep - from * kStep, std::memory_order_relaxed);  // Modulo 2^64: it may become less.
}

MemoryBudget::Pressure MemoryBudget::level() const {
  const std::uint64_t total = this->total();
  const std::uint64_t limit = this->limit();
  if (total > limit) return Pressure::kShed;
  return total > hold_from(limit) ? Pressure::kHold : Pressure::kNone;
}

MemoryBudget::Pressure MemoryBudget::pressure_on(std::size_t steps) const {
  const std::uint64_t total = this->total();
  const std::uint64_t limit = this->limit();
  if (total <= hold_from(limit)) return Pressure::kNone;
  std::uint64_t larger = 0;  // Bytes of the classes above.
  for (std::size_t i = class_of(steps) + 1; i < kClasses; ++i)
    larger += sums_[i].load(std::memory_order_relaxed);
  if (total > limit && larger < total - limit) return Pressure::kShed;
  return larger < total / 2 ? Pressure::kHold : Pressure::kNone;
}

}  // namespace pollux
