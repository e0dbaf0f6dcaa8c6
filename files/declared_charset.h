// Charsets that texts declare within themselves.
//
//   FE FF, FF FE, EF BB BF                       a byte order mark, in any text
//   <?xml version="1.0" encoding="koi8-r"?>      XML, and HTML that is XML as well (XML 4.3.3)
//   @charset "koi8-r";                           CSS (css-syntax 3.2)
//   <meta charset="koi8-r">                      HTML (HTML 13.2.3.2: where browsers look before they parse)
//   <meta http-equiv="content-type" content="text/html; charset=koi8-r">
//
// To a browser the charset of Content-Type counts for more than all of these but the byte order mark, so a
// text that declares another one than that of Content-Type would be spoiled by it.
//
// Pure functions of values; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace pollux::files {

// Octets at the beginning of a text among which a declaration is looked for. (Of HTML, browsers look at 1024
// or more.)
inline constexpr std::size_t kDeclarationWithin = 4096;

// Whether a text of that media type declares a charset that is not UTF-8.
[[nodiscard]] bool declares_another_charset(std::string_view beginning, std::string_view media_type);

}  // namespace pollux::files
