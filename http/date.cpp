#include "http/date.h"

#include <algorithm>
#include <array>

#include "http/chars.h"

namespace pollux::http {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

constexpr sys_seconds kFirst = sys_days(std::chrono::year(1900) / 1 / 1);
constexpr sys_seconds kLast = sys_days(std::chrono::year(9999) / 12 / 31) + days(1) - seconds(1);

char* write_text(char* to, std::string_view text) { return std::copy(text.begin(), text.end(), to); }

char* write_two(char* to, unsigned value) {
  *to++ = static_cast<char>('0' + value / 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

char* write_two(char* to, std::chrono::seconds::rep value) {
  return write_two(to, static_cast<unsigned>(value));
}

// Parses a date from its front. The first mismatch makes ok() false for good, and everything read afterwards
// is meaningless.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  void literal(std::string_view expected) {
    ok_ = ok_ && rest_.starts_with(expected);
    if (ok_) rest_.remove_prefix(expected.size());
  }

  unsigned number(std::size_t digits) {
    ok_ = ok_ && rest_.size() >= digits && all_of(rest_.substr(0, digits), is_digit);
    if (!ok_) return 0;
    unsigned value = 0;
    for (const char c : rest_.substr(0, digits)) value = value * 10 + static_cast<unsigned>(c - '0');
    rest_.remove_prefix(digits);
    return value;
  }

  // The day of an asctime date: two digits, or a space and one.
  unsigned padded_number() {
    const bool padded = rest_.starts_with(' ');
    if (padded) literal(" ");
    return number(padded ? 1 : 2);
  }

  std::chrono::month month() {
    const std::size_t at = rest_.size() < 3 ? std::string_view::npos : kMonths.find(rest_.substr(0, 3));
    ok_ = ok_ && at != std::string_view::npos && at % 3 == 0;
    if (!ok_) return std::chrono::month(0);
    rest_.remove_prefix(3);
    return std::chrono::month(static_cast<unsigned>(at / 3 + 1));
  }

  // A time of day, with its colons.
  seconds time_of_day() {
    const unsigned hour = number(2);
    literal(":");
    const unsigned minute = number(2);
    literal(":");
    const unsigned second = number(2);
    const bool leap = hour == 23 && minute == 59 && second == 60;
    ok_ = ok_ && hour < 24 && minute < 60 && (second < 60 || leap);
    return hours(hour) + minutes(minute) + seconds(second);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<sys_seconds> time_at(const Scanner& scanner, const year_month_day& date, seconds time) {
  if (!scanner.ok() || !scanner.at_end() || !date.ok()) return std::nullopt;
  const sys_seconds result = sys_days(date) + time;
  if (result < kFirst || result > kLast) return std::nullopt;
  return result;
}

std::chrono::year year_of(unsigned digits) { return std::chrono::year(static_cast<int>(digits)); }

// 06 Nov 1994 08:49:37 GMT
std::optional<sys_seconds> parse_imf(Scanner scanner) {
  const std::chrono::day day(scanner.number(2));
  scanner.literal(" ");
  const std::chrono::month month = scanner.month();
  scanner.literal(" ");
  const std::chrono::year year = year_of(scanner.number(4));
  scanner.literal(" ");
  const seconds time = scanner.time_of_day();
  scanner.literal(" GMT");
  return time_at(scanner, year / month / day, time);
}

// 06-Nov-94 08:49:37 GMT
std::optional<sys_seconds> parse_rfc850(Scanner scanner, sys_seconds now) {
  const std::chrono::day day(scanner.number(2));
  scanner.literal("-");
  const std::chrono::month month = scanner.month();
  scanner.literal("-");
  const unsigned two_digits = scanner.number(2);
  scanner.literal(" ");
  const seconds time = scanner.time_of_day();
  scanner.literal(" GMT");

  // The latest year with these digits that is not more than 50 years away. Compared field by field and not as
  // points in time, because 29 February may not exist in the wrong century.
  const sys_seconds present = std::clamp(now, kFirst, kLast);
  const year_month_day today(std::chrono::floor<days>(present));
  const seconds clock = present - sys_days(today);
  const year_month_day horizon = (today.year() + std::chrono::years(50)) / today.month() / today.day();
  std::chrono::year year(static_cast<int>(horizon.year()) / 100 * 100 + static_cast<int>(two_digits));
  const year_month_day date = year / month / day;
  if (date > horizon || (date == horizon && time > clock)) year -= std::chrono::years(100);
  return time_at(scanner, year / month / day, time);
}

// Nov  6 08:49:37 1994
std::optional<sys_seconds> parse_asctime(Scanner scanner) {
  const std::chrono::month month = scanner.month();
  scanner.literal(" ");
  const std::chrono::day day(scanner.padded_number());
  scanner.literal(" ");
  const seconds time = scanner.time_of_day();
  scanner.literal(" ");
  const std::chrono::year year = year_of(scanner.number(4));
  return time_at(scanner, year / month / day, time);
}

}  // namespace

void write_date(sys_seconds time, std::span<char, kDateLength> to) {
  time = std::clamp(time, kFirst, kLast);
  const sys_days day = std::chrono::floor<days>(time);
  const year_month_day date(day);
  const std::chrono::hh_mm_ss<seconds> clock(time - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const std::size_t month = static_cast<unsigned>(date.month());

  char* out = to.data();
  out = write_text(out, kDays[std::chrono::weekday(day).c_encoding()].substr(0, 3));
  out = write_text(out, ", ");
  out = write_two(out, static_cast<unsigned>(date.day()));
  *out++ = ' ';
  out = write_text(out, kMonths.substr((month - 1) * 3, 3));
  *out++ = ' ';
  out = write_two(out, year / 100);
  out = write_two(out, year % 100);
  *out++ = ' ';
  out = write_two(out, clock.hours().count());
  *out++ = ':';
  out = write_two(out, clock.minutes().count());
  *out++ = ':';
  out = write_two(out, clock.seconds().count());
  write_text(out, " GMT");
}

std::string format_date(sys_seconds time) {
  std::array<char, kDateLength> text{};
  write_date(time, text);
  return {text.data(), text.size()};
}

std::string_view cached_date(sys_seconds now) {
  thread_local std::optional<sys_seconds> second;
  thread_local std::array<char, kDateLength> text{};
  if (second != now) {
    write_date(now, text);
    second = now;
  }
  return {text.data(), text.size()};
}

std::string_view cached_date(const Now& now) {
  return cached_date(std::chrono::floor<std::chrono::seconds>(now.wall));
}

std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) {
  for (const std::string_view name : kDays) {
    const std::string_view abbreviation = name.substr(0, 3);
    if (!text.starts_with(abbreviation)) continue;
    const std::string_view after = text.substr(3);
    if (after.starts_with(", ")) return parse_imf(Scanner(after.substr(2)));
    if (after.starts_with(' ')) return parse_asctime(Scanner(after.substr(1)));
    if (!text.starts_with(name)) return std::nullopt;
    Scanner scanner(text.substr(name.size()));
    scanner.literal(", ");
    return parse_rfc850(scanner, now);
  }
  return std::nullopt;
}

}  // namespace pollux::http
