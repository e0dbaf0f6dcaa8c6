// Charsets that texts declare within themselves.
//
//   FE FF, FF FE, EF BB BF                       a byte order mark, in any text
//   <?xml version="1.0" encoding="koi8-r"?>      XML, and HTML that is XML as well (XML 4.3.3)
//   @charset "koi8-r";                           CSS (css-syntax 3.2)
//   <meta charset="koi8-r">                      HTML (HTML 13.2.3.2: where browsers look before they parse)
//   <meta http-equiv="content-type" content="text/html; charset=koi8-r">
//
// For a browser, the charset of Content-Type overrides all of these except the byte order mark. So a text
// that declares a different charset would be garbled.
//
// Pure functions of values; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace pollux::files {

// A declaration is looked for in this many octets at the beginning of a text. (In HTML, browsers look at 1024
// or more.)
inline constexpr std::size_t kDeclarationWithin = 4096;

// Whether a text of that media type declares a charset other than UTF-8.
[[nodiscard]] bool declares_another_charset(std::string_view beginning, std::string_view media_type);

}  // namespace pollux::files
