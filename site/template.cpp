#include "site/template.h"

#include <algorithm>

#include "http/chars.h"
#include "http/uri.h"

namespace pollux::site {

bool is_plain_in_value(char c) { return http::is_unreserved(c) || c == '/'; }

Template::Template(std::string_view text, const std::vector<std::string>& names) : pieces_(1) {
  while (!text.empty()) {
    const bool colon = text.front() == ':';
    const std::string_view name = text.substr(1, colon ? placeholder_length(text.substr(1)) : 0);
    if (colon && std::find(names.begin(), names.end(), name) != names.end()) {
      pieces_.back().name = name;
      pieces_.emplace_back();
      text.remove_prefix(1 + name.size());
    } else {
      pieces_.back().literal += text.front();
      text.remove_prefix(1);
    }
  }
}

std::string Template::expand(const Captures& captures, bool (*keep)(char)) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.literal;
    if (!piece.name.empty())
      http::append_encoded(find_capture(captures, piece.name).value_or(""), keep, text);
  }
  return text;
}

}  // namespace pollux::site
