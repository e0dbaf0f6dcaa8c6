// HTML from text: names from a visitor, a file or another server can be put in a page without becoming
// markup.
//
// Thread: pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pollux {

// Escapes & < > " ', so that the result is text between tags and within quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

using HtmlValues = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Fills in a template: {{name}} is replaced by escaped text, {{=name}} by HTML as it is. A placeholder
// without a value becomes empty.
[[nodiscard]] std::string fill_in(std::string_view page, HtmlValues values);

}  // namespace pollux
