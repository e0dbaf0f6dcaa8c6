// The Content-Type of a file, by its name (RFC 9110 section 8.3).
//
// It is the whole field value, so a response copies it and adds nothing. Text, and formats that browsers read
// as text (JavaScript, JSON, XML, SVG), are declared as UTF-8: without a charset, browsers fall back to a
// legacy encoding (but see files/declared_charset.h). Source code is text/plain, to be read rather than
// downloaded.
//
// Only the last extension counts, in any case: "site.TAR.GZ" is gzip. No Content-Encoding is claimed for it,
// because the archive is what the client asked for. Customary names without an extension have a type, too
// (README, LICENSE, Makefile); others, such as .profile, are application/octet-stream: a server that guesses
// at content invites sniffing attacks.
//
// The table is that of Apache and nginx, as npm's mime-db has collected it (scripts/update-types), with
// additions and with the exceptions that mime.cpp lists. A site may name other types: files/type_table.h.
//
// Pure functions of values; any thread. The view is valid for ever.
#pragma once

#include <string_view>

namespace pollux::files {

inline constexpr std::string_view kOctetStream = "application/octet-stream";
inline constexpr std::string_view kCharsetUtf8 = "; charset=utf-8";

// `file_name` may be a path; the part up to the last '/' is ignored.
[[nodiscard]] std::string_view content_type(std::string_view file_name);

// Whether content_type() declares files of that media type as UTF-8: by the name of the type (text/…, …+xml,
// …+json), or because the table says so. `media_type`: without parameters, in any case.
[[nodiscard]] bool is_text(std::string_view media_type);

// "gzip" for a file whose type is that of its compressed content (.svgz, tiles of vector maps), if it begins
// as gzip does; else empty.
[[nodiscard]] std::string_view content_encoding(std::string_view file_name, std::string_view beginning);

}  // namespace pollux::files
