// The values of options: numbers, times, rates, addresses, files.
//
// Pure functions of values, except those that read a file; any thread. All throw UsageError, which names the
// option.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "castor/options/options.h"

namespace pollux::castor {

[[noreturn]] void refuse(const std::string& what, std::string_view value, const char* wanted);

template <class Number>
[[nodiscard]] Number number(const std::string& what, std::string_view text, Number least, Number max) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= max)) {
    throw UsageError(fmt::format("{}: \"{}\" is not a number from {} to {}", what, text, least, max));
  }
  return value;
}

// "2", "0.5", "2s", "500ms", "1m", "1h"
[[nodiscard]] Seconds duration(const std::string& what, std::string_view text);

// In milliseconds if no unit is given.
[[nodiscard]] double parse_milliseconds(const std::string& what, std::string_view text);

[[nodiscard]] client::HeaderField header(std::string_view text);  // "Name: value"
[[nodiscard]] std::string body(const std::string& text);          // "text", or "@FILE"

// "127.0.0.1-127.0.0.20", or one address.
[[nodiscard]] std::vector<std::string> addresses(const std::string& text);

// "100", "100/s", "100/s..1000/s"
[[nodiscard]] RateRange rates(std::string_view text);

// "example.org:443:127.0.0.1", "example.org:443:[::1]:8443"; an empty host or port means any.
[[nodiscard]] HostMapping host_mapping(const std::string& text);

// Whether a field may have this value (RFC 9110 5.5).
[[nodiscard]] bool is_field_value(std::string_view text);

// The field for "USER:PASSWORD" (RFC 7617).
[[nodiscard]] client::HeaderField basic_authorization(const std::string& text);

}  // namespace pollux::castor
