#include "files/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::files {

namespace {

// One range-spec as it was written; at least one end is not empty, and all are digits.
struct Spec {
  std::string_view first;
  std::string_view last;
};

std::string_view strip_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

// Compares numbers of any length.
bool less(std::string_view a, std::string_view b) {
  a = strip_zeros(a);
  b = strip_zeros(b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// A number that does not fit becomes the largest value.
std::uint64_t clamped(std::string_view digits) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return kMax;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<Spec> parse_spec(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const Spec spec{text.substr(0, dash), text.substr(dash + 1)};
  if (!http::all_of(spec.first, http::is_digit) || !http::all_of(spec.last, http::is_digit))
    return std::nullopt;
  if (spec.first.empty() && spec.last.empty()) return std::nullopt;
  if (!spec.first.empty() && !spec.last.empty() && less(spec.last, spec.first)) return std::nullopt;
  return spec;
}

// The part of a file that the spec means; std::nullopt: none. REQUIRES: size > 0.
std::optional<ByteRange> resolve(const Spec& spec, std::uint64_t size) {
  const std::uint64_t end = size - 1;
  if (spec.first.empty()) {
    const std::uint64_t suffix = std::min(clamped(spec.last), size);
    if (suffix == 0) return std::nullopt;
    return ByteRange{size - suffix, end};
  }
  const std::uint64_t first = clamped(spec.first);
  if (first > end) return std::nullopt;
  return ByteRange{first, spec.last.empty() ? end : std::min(clamped(spec.last), end)};
}

// Overlapping or adjacent. No overflow: a `last` is at most size - 1.
bool touch(const ByteRange& a, const ByteRange& b) { return a.first <= b.last + 1 && b.first <= a.last + 1; }

void merge(ByteRange& into, const ByteRange& other) {
  into.first = std::min(into.first, other.first);
  into.last = std::max(into.last, other.last);
}

// Keeps the invariant that no two parts touch. The first part that touches the new range swallows it,
// and then whatever later parts the grown one reaches; an earlier part touched neither of the two.
void add(std::vector<ByteRange>& parts, const ByteRange& range) {
  const auto home =
      std::find_if(parts.begin(), parts.end(), [&](const ByteRange& part) { return touch(part, range); });
  if (home == parts.end()) {
    parts.push_back(range);
    return;
  }
  merge(*home, range);
  const auto swallowed = [&home](const ByteRange& part) {
    if (!touch(*home, part)) return false;
    merge(*home, part);
    return true;
  };
  parts.erase(std::remove_if(home + 1, parts.end(), swallowed), parts.end());
}

}  // namespace

Ranges parse_ranges(std::string_view field, std::uint64_t size, std::size_t limit) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos || !http::equals_ignoring_case(field.substr(0, equals), "bytes"))
    return {};

  Ranges ranges{Ranges::Kind::kUnsatisfiable, {}};
  http::ListReader elements(field.substr(equals + 1));
  std::size_t count = 0;
  std::uint64_t left = size;  // Octets that the ranges may still add up to.
  while (const auto element = elements.next()) {
    const std::optional<Spec> spec = parse_spec(*element);
    if (!spec || ++count > limit) return {};
    if (size == 0) {
      if (spec->first.empty() && clamped(spec->last) > 0) return {};
      continue;
    }
    const std::optional<ByteRange> range = resolve(*spec, size);
    if (!range) continue;
    if (range->length() > left) return {};
    left -= range->length();
    add(ranges.parts, *range);
  }
  if (count == 0) return {};
  if (!ranges.parts.empty()) ranges.kind = Ranges::Kind::kSatisfiable;
  return ranges;
}

std::string content_range(ByteRange range, std::uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size);
}

std::string unsatisfied_content_range(std::uint64_t size) { return fmt::format("bytes */{}", size); }

}  // namespace pollux::files
