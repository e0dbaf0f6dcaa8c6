// Dates: what is read can be written, and reads the same again.
//
// The first eight octets are the present, for the century of RFC 850 dates.
#include "http/date.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pollux;
  fuzz::Input input(data, size);
  const std::chrono::sys_seconds now{std::chrono::seconds(static_cast<std::int64_t>(input.number(8)))};
  const std::string present = http::format_date(now);  // Any time can be written, if not as it is.
  PROMISE(present.size() == http::kDateLength && http::parse_date(present, now).has_value());
  if (const auto date = http::parse_date(input.rest(), now)) {
    const std::string text = http::format_date(*date);
    PROMISE(http::parse_date(text, now) == date);
    PROMISE(input.rest().size() != http::kDateLength || input.rest().find('-') != std::string_view::npos ||
            input.rest().ends_with(text.substr(4, 4)) || input.rest().substr(4, 4) == text.substr(4, 4) ||
            input.rest().find(":60 ") != std::string_view::npos);
  }
  return 0;
}
