// Range: every part lies within the file, no two touch, and together they are no longer than it.
//
// The first eight octets are the size of the file, the ninth the limit.
#include "files/range.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pollux;
  fuzz::Input input(data, size);
  const std::uint64_t octets = input.number(8) >> (input.octet() % 64U);
  const std::size_t limit = input.octet() % 32U;
  const files::Ranges ranges = files::parse_ranges(input.rest(), octets, limit);
  PROMISE((ranges.kind == files::Ranges::Kind::kSatisfiable) == !ranges.parts.empty());
  PROMISE(ranges.parts.size() <= limit);
  std::uint64_t sum = 0;
  for (const files::ByteRange& part : ranges.parts) {
    PROMISE(part.first <= part.last && part.last < octets);
    PROMISE(part.length() <= octets - sum);
    sum += part.length();
    for (const files::ByteRange& other : ranges.parts) {
      PROMISE(&part == &other || part.last + 1 < other.first || other.last + 1 < part.first);
    }
    PROMISE(!files::content_range(part, octets).empty());
  }
  return 0;
}
