// A text with at most one '*' and with ":placeholders", matched part by part.
//
//   /movies/:title          one part of a path, which is not empty
//   /blog/:slug.html        a placeholder may have text around it
//   /:year-:month/*         '*' stands for anything, nothing and '/' included, and is called "splat"
//   :project.pages.dev      for hosts, the parts are separated by dots
//
// A placeholder is a colon, a letter, and then letters, digits or '_'. As in a regular expression, the first
// placeholder matches as much as it can: "/:a-:b" finds "x-y" and "z" in "/x-y-z". A part holds placeholders
// or '*', not both. So there is only one way to match, and matching takes time in proportion to the text.
//
// '*' and ':' themselves are "%2A" and "%3A": a pattern is percent-encoded, the text that it is matched with
// is decoded.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site/rule_file.h"

namespace pollux::site {

struct Capture {
  std::string_view name;   // From the glob.
  std::string_view value;  // From the text that was matched.
};
using Captures = std::vector<Capture>;

[[nodiscard]] std::optional<std::string_view> find_capture(const Captures& captures, std::string_view name);

// The length of the name at the beginning of `text`; 0: there is none.
[[nodiscard]] std::size_t placeholder_length(std::string_view text);

class Glob {
 public:
  static constexpr std::size_t kMaxNames = 16;

  [[nodiscard]] static Parsed<Glob> parse(std::string_view text, char separator);

  // Appends the captures. Without a match, the appended captures are meaningless.
  [[nodiscard]] bool match(std::string_view text, Captures& captures) const;

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool is_literal() const { return names_.empty(); }
  [[nodiscard]] bool has_splat() const { return has_splat_; }

  // A text that matches.
  [[nodiscard]] std::string example() const;

  // The decoded beginning of every matching text; for a literal, all of it.
  [[nodiscard]] const std::string& prefix() const { return prefix_; }

 private:
  // literals[0] names[0] literals[1] names[1] ... literals[names.size()]
  struct Part {
    std::vector<std::string> literals{1};
    std::vector<std::string> names = {};

    [[nodiscard]] bool match(std::string_view text, Captures& captures) const;
    [[nodiscard]] std::string example() const;
  };

  // Returns the error; empty: none. Tokens are removed from the beginning of `text`.
  [[nodiscard]] std::string parse_part(std::string_view text);
  [[nodiscard]] std::string parse_token(std::string_view& text, Part& part);
  [[nodiscard]] std::string parse_escape(std::string_view& text, Part& part);
  [[nodiscard]] std::string add_name(std::string_view name);
  void append_literal(Part& part, char c);
  [[nodiscard]] bool match_head(std::string_view& text, Captures& captures) const;
  [[nodiscard]] bool match_tail(std::string_view& text, Captures& captures) const;

  char separator_ = '/';
  std::vector<Part> head_;  // The parts before that of '*'; all parts, if there is no '*'.
  bool has_splat_ = false;
  std::string before_splat_;  // Within its part.
  std::string after_splat_;
  std::vector<Part> tail_;  // The parts after it.
  std::vector<std::string> names_;
  std::string prefix_;
};

}  // namespace pollux::site
