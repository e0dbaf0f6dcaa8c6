#include "files/declared_charset.h"

#include <algorithm>
#include <optional>
#include <string>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::files {

namespace {

using Label = std::optional<std::string_view>;

constexpr std::string_view kSpace = " \t\r\n\f";

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

void skip(std::string_view& text, std::string_view octets) {
  text.remove_prefix(std::min(text.find_first_not_of(octets), text.size()));
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

// The text after '=', with quotes or without. std::nullopt: no '=' comes next.
std::optional<std::string_view> take_value(std::string_view& text, std::string_view ends) {
  skip(text, kSpace);
  if (!take(text, "=")) return std::nullopt;
  skip(text, kSpace);
  if (take(text, "\"")) return take_until(text, "\"");
  if (take(text, "'")) return take_until(text, "'");
  return take_until(text, ends);
}

// The value of `name` in text like `a=b; name=value`.
Label value_of(std::string_view name, std::string_view text) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + name.size());
  return take_value(text, " \t\r\n\f;");
}

// The attributes of one <meta>.
Label meta_charset(std::string_view attributes) {
  Label content;
  bool is_content_type = false;
  while (true) {
    skip(attributes, " \t\r\n\f/\"'");
    if (attributes.empty() || attributes.front() == '>') break;
    const std::string_view name = take_until(attributes, " \t\r\n\f/>=");
    const auto value = take_value(attributes, " \t\r\n\f>");
    if (name == "charset") return value;
    if (name == "content") content = value;
    if (name == "http-equiv") is_content_type = value == "content-type";
  }
  return is_content_type && content ? value_of("charset", *content) : std::nullopt;
}

Label html_charset(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find('<'), text.size()));
    if (take(text, "<!--")) {
      text.remove_prefix(std::min(text.find("-->"), text.size()));
    } else if (take(text, "<meta")) {
      const bool is_other_name = text.find_first_of(" \t\r\n\f/") != 0;  // <metadata>
      const Label charset = is_other_name ? std::nullopt : meta_charset(text);
      if (charset) return charset;
    } else {
      text.remove_prefix(std::min<std::size_t>(1, text.size()));
    }
  }
  return std::nullopt;
}

Label xml_charset(std::string_view text) {
  if (!text.starts_with("<?xml")) return std::nullopt;
  return value_of("encoding", text.substr(0, text.find("?>")));
}

Label css_charset(std::string_view text) {
  return take(text, "@charset \"") ? Label(take_until(text, "\"")) : std::nullopt;
}

// The encoding standard's names of UTF-8.
bool is_utf8(std::string_view label) {
  return label == "utf-8" || label == "utf8" || label == "unicode-1-1-utf-8" || label == "x-unicode20utf8";
}

}  // namespace

bool declares_another_charset(std::string_view beginning, std::string_view media_type) {
  if (beginning.starts_with("\xFF\xFE") || beginning.starts_with("\xFE\xFF")) return true;
  if (beginning.starts_with("\xEF\xBB\xBF")) return false;

  const std::string text = http::in_lower_case(beginning.substr(0, kDeclarationWithin));
  Label charset;
  if (media_type.starts_with("text/html")) charset = html_charset(text);
  if (media_type.starts_with("text/css")) charset = css_charset(text);
  if (!charset) charset = xml_charset(text);
  return charset && !charset->empty() && !is_utf8(*charset);
}

}  // namespace pollux::files
