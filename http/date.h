// HTTP dates (RFC 9110 section 5.6.7).
//
//   Sun, 06 Nov 1994 08:49:37 GMT      IMF-fixdate: the only one that is sent
//   Sunday, 06-Nov-94 08:49:37 GMT     RFC 850 date, obsolete
//   Sun Nov  6 08:49:37 1994           asctime date, obsolete
//
// A recipient MUST accept all three, so parse_date() does, letter for letter (HTTP-date is case sensitive).
// What the grammar leaves open:
//  - The day of the month must exist in that year. Years before 1900 are refused (RFC 5322 section 3.3,
//    whose semantics section 5.6.7 borrows).
//  - Second 60 is taken at 23:59:60 only, as the grammar's comment says ("00:00:00 - 23:59:60 (leap
//    second)"). Its value is that of the second that follows, as in POSIX time.
//  - The day name must be one of the seven, but it is not held against the date: recipients are
//    "encouraged to be robust", and a wrong name leaves no doubt about the time.
//  - A two-digit year that seems to be more than 50 years in the future is the most recent past one with
//    these digits.
//
// Written by hand, since strftime and strptime depend on the locale and are ten times slower. Pure functions
// of values, except that cached_date() has a cache in each thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace pollux::http {

inline constexpr std::size_t kDateLength = 29;  // Octets of an IMF-fixdate.

// IMF-fixdate. Times outside the years 1900 to 9999, which a file system may well report, become the nearest
// second that can be written.
void write_date(std::chrono::sys_seconds time, std::span<char, kDateLength> to);
[[nodiscard]] std::string format_date(std::chrono::sys_seconds time);

// The same, formatted once per second. The view is valid until the same thread's next call.
[[nodiscard]] std::string_view cached_date(std::chrono::sys_seconds now);
[[nodiscard]] std::string_view cached_date(const Now& now);

// `now` decides the century of RFC 850 dates. std::nullopt: none of the three formats, or no such date; the
// conditional fields are then ignored (RFC 9110 13.1.3, 13.1.4).
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text,
                                                                 std::chrono::sys_seconds now);

}  // namespace pollux::http
