// Text for HTML: what a visitor, a file or another server has named can stand in a page without becoming
// markup.
//
// Thread: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace pollux {

// Escapes & < > " ', so that the result is text between tags and within quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace pollux
