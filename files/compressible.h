// The media types worth compressing: those whose content is text, or numbers that nobody has packed.
//
// A file of such a type has variants unless it has a Content-Encoding already (files/mime.h: .svgz). It
// answers with Vary: Accept-Encoding whether or not a variant is there by now.
//
// Images, sounds, videos, archives and documents that are compressed by themselves are left out: each try
// would cost time, and gain nothing.
//
// Pure functions of values; any thread.
#pragma once

#include <string_view>

namespace pollux::files {

// `content_type`: a value of Content-Type, in any case, with or without parameters.
[[nodiscard]] bool is_compressible(std::string_view content_type);

}  // namespace pollux::files
