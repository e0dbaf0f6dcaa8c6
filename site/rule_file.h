// The common parts of _headers and _redirects: lines, bounds, and errors that name their line.
//
// Pure functions of values; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::site {

inline constexpr auto kNpos = std::string_view::npos;

inline constexpr std::size_t kMaxFileOctets = 1024UL * 1024;
inline constexpr std::size_t kMaxLineOctets = 8192;  // Cloudflare: 2,000. Long security policies are longer.
inline constexpr std::size_t kMaxRules = 10'000;     // Cloudflare: 2,100 redirects, 100 header rules.

// A value, or the error in its text.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string error = {};  // Not empty if and only if there is no value.
};

struct RuleError {
  int line;  // From 1 on; 0: the file as a whole.
  std::string message;
};

// Holds kMaxErrors at most, and then one that says so.
class RuleErrors {
 public:
  static constexpr std::size_t kMaxErrors = 1000;

  void add(int line, std::string message);
  [[nodiscard]] std::vector<RuleError> take() { return std::move(errors_); }

 private:
  std::vector<RuleError> errors_;
};

// Reads lines, but skips empty ones and comments, which begin with '#'.
class LineReader {
 public:
  struct Line {
    int number;
    std::string_view text;  // Without the white space around it.
    std::string error;      // Too long, or with a control character. Empty: the line is usable.
  };

  explicit LineReader(std::string_view text);

  // std::nullopt at the end of the file.
  [[nodiscard]] std::optional<Line> next();

 private:
  std::string_view rest_;
  int number_ = 0;
};

// For messages: between quotes, shortened, and without octets that a terminal would act on.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace pollux::site
