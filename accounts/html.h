// HTML from templates: {{name}} is replaced by escaped text (base/html.h), {{=name}} by HTML as it is.
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

// A placeholder whose name has no value becomes empty.
[[nodiscard]] std::string fill_in(std::string_view page, Values values);

}  // namespace pollux::accounts
