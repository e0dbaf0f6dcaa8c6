// The media types worth compressing: text, and numbers that are not packed yet.
//
// A file of such a type has variants unless it has a Content-Encoding already (files/mime.h: .svgz). Its
// responses have Vary: Accept-Encoding whether or not a variant exists by now.
//
// Images, sounds, videos, archives and documents that are already compressed are left out: compressing them
// would cost time and gain nothing.
//
// Pure functions of values; any thread.
#pragma once

#include <string_view>

namespace pollux::files {

// `content_type`: a value of Content-Type, in any case, with or without parameters.
[[nodiscard]] bool is_compressible(std::string_view content_type);

}  // namespace pollux::files
