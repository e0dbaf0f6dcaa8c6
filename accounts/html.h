// HTML from templates: {{name}} is replaced by a text, escaped; {{=name}} by HTML as it is.
//
// The templates are the files in pages/, which are compiled in (templates.h).
//
// Thread: pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pollux::accounts {

using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Fit for text and for attributes in double quotes.
[[nodiscard]] std::string escape_html(std::string_view text);

// A place whose name has no value stays empty.
[[nodiscard]] std::string fill_in(std::string_view page, Values values);

}  // namespace pollux::accounts
