// HTML from text: what a visitor, a file or another server has named can stand in a page without becoming
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

// A page from its template: {{name}} is replaced by escaped text, {{=name}} by HTML as it is. A placeholder
// whose name has no value becomes empty.
[[nodiscard]] std::string fill_in(std::string_view page, HtmlValues values);

}  // namespace pollux
