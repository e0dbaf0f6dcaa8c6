#include "site/glob.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/chars.h"

namespace pollux::site {

namespace {

constexpr std::string_view kSplat = "splat";
constexpr char kAnything = 'x';

bool is_letter(char c) { return http::to_lower(c) >= 'a' && http::to_lower(c) <= 'z'; }

bool is_dot_segment(std::string_view literal) { return literal == "." || literal == ".."; }

}  // namespace

std::optional<std::string_view> find_capture(const Captures& captures, std::string_view name) {
  for (const Capture& capture : captures) {
    if (capture.name == name) return capture.value;
  }
  return std::nullopt;
}

std::size_t placeholder_length(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return 0;
  const auto fits = [](char c) { return is_letter(c) || http::is_digit(c) || c == '_'; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), fits) - text.begin());
}

Parsed<Glob> Glob::parse(std::string_view text, char separator) {
  Glob glob;
  glob.separator_ = separator;
  for (bool more = true; more;) {
    const std::size_t end = text.find(separator);
    if (std::string error = glob.parse_part(text.substr(0, end)); !error.empty())
      return {{}, std::move(error)};
    more = end != kNpos;
    if (more && glob.is_literal()) glob.prefix_ += separator;
    text.remove_prefix(more ? end + 1 : text.size());
  }
  return {std::move(glob)};
}

std::string Glob::parse_part(std::string_view text) {
  const bool had_splat = has_splat_;
  Part part;
  while (!text.empty()) {
    if (std::string error = parse_token(text, part); !error.empty()) return error;
  }
  const bool has_star = has_splat_ && !had_splat;
  if (has_star && !part.names.empty()) return "* and a placeholder stand in one part; put a / between them";
  if (separator_ == '/' && !has_star && part.names.empty() && is_dot_segment(part.literals.front()))
    return "there is a part \".\" or \"..\", which no request has";
  if (has_star) {
    after_splat_ = std::move(part.literals.front());
  } else {
    (has_splat_ ? tail_ : head_).push_back(std::move(part));
  }
  return {};
}

// Removes '*', a placeholder or one octet from the beginning of `text`.
std::string Glob::parse_token(std::string_view& text, Part& part) {
  const char c = text.front();
  text.remove_prefix(1);
  if (c == '*') {
    if (has_splat_) return "there is more than one *";
    has_splat_ = true;
    before_splat_ = std::exchange(part.literals.front(), {});
    return add_name(kSplat);
  }
  if (const std::size_t length = c == ':' ? placeholder_length(text) : 0; length > 0) {
    part.names.emplace_back(text.substr(0, length));
    part.literals.emplace_back();
    text.remove_prefix(length);
    return add_name(part.names.back());
  }
  if (c == '%') return parse_escape(text, part);
  append_literal(part, c);
  return {};
}

std::string Glob::parse_escape(std::string_view& text, Part& part) {
  const int high = text.size() < 2 ? -1 : http::hex_value(text[0]);
  const int low = text.size() < 2 ? -1 : http::hex_value(text[1]);
  if (high < 0 || low < 0) return "there is a % without two hexadecimal digits after it";
  const char decoded = static_cast<char>(high * 16 + low);
  if (decoded == '/' || decoded == '\0') return "there is a %2F or %00, which no file name has";
  append_literal(part, decoded);
  text.remove_prefix(2);
  return {};
}

std::string Glob::add_name(std::string_view name) {
  if (std::find(names_.begin(), names_.end(), name) != names_.end())
    return fmt::format("the name :{} stands for two things", name);
  if (names_.size() == kMaxNames) return fmt::format("there are more than {} placeholders", kMaxNames);
  names_.emplace_back(name);
  return {};
}

void Glob::append_literal(Part& part, char c) {
  part.literals.back() += c;
  if (is_literal()) prefix_ += c;
}

// From right to left, each literal as far right as possible: so the first placeholder matches the most.
bool Glob::Part::match(std::string_view text, Captures& captures) const {
  if (names.empty()) return text == literals.front();
  if (!text.starts_with(literals.front()) || !text.ends_with(literals.back())) return false;
  if (text.size() < literals.front().size() + literals.back().size()) return false;
  text.remove_prefix(literals.front().size());
  text.remove_suffix(literals.back().size());
  for (std::size_t i = names.size(); i-- > 1;) {
    const std::string& literal = literals[i];
    if (text.size() < literal.size() + 2) return false;  // An octet for a placeholder on either side.
    const std::size_t at = text.rfind(literal, text.size() - literal.size() - 1);
    if (at == kNpos) return false;
    captures.push_back({names[i], text.substr(at + literal.size())});
    text = text.substr(0, at);
  }
  captures.push_back({names.front(), text});
  return !text.empty();
}

bool Glob::match_head(std::string_view& text, Captures& captures) const {
  for (std::size_t i = 0; i < head_.size(); ++i) {
    const std::size_t end = text.find(separator_);
    const bool last = !has_splat_ && i + 1 == head_.size();
    if (last != (end == kNpos)) return false;
    if (!head_[i].match(text.substr(0, end), captures)) return false;
    text.remove_prefix(last ? text.size() : end + 1);
  }
  return true;
}

bool Glob::match_tail(std::string_view& text, Captures& captures) const {
  for (auto part = tail_.rbegin(); part != tail_.rend(); ++part) {
    const std::size_t begin = text.rfind(separator_);
    if (begin == kNpos || !part->match(text.substr(begin + 1), captures)) return false;
    text = text.substr(0, begin);
  }
  return true;
}

bool Glob::match(std::string_view text, Captures& captures) const {
  if (is_literal()) return text == prefix_;
  if (!text.starts_with(prefix_) || !match_head(text, captures)) return false;
  if (!has_splat_) return true;
  if (!match_tail(text, captures)) return false;
  if (text.size() < before_splat_.size() + after_splat_.size()) return false;
  if (!text.starts_with(before_splat_) || !text.ends_with(after_splat_)) return false;
  text.remove_prefix(before_splat_.size());
  text.remove_suffix(after_splat_.size());
  captures.push_back({kSplat, text});
  return true;
}

std::string Glob::Part::example() const {
  std::string text = literals.front();
  for (std::size_t i = 1; i < literals.size(); ++i) text.append(1, kAnything).append(literals[i]);
  return text;
}

std::string Glob::example() const {
  std::string text;
  for (const Part& part : head_) text.append(part.example()).append(1, separator_);
  if (has_splat_) text.append(before_splat_).append(1, kAnything).append(after_splat_).append(1, separator_);
  for (const Part& part : tail_) text.append(part.example()).append(1, separator_);
  text.pop_back();
  return text;
}

}  // namespace pollux::site
