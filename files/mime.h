// The Content-Type of a file, by its name (RFC 9110 section 8.3).
//
// The whole field value, so that a response copies it and adds nothing. Text, and the formats a browser
// reads as text (JavaScript, JSON, XML, SVG), are said to be UTF-8: without it browsers fall
// back to a legacy encoding (but see files/declared_charset.h). Source code is text/plain, to be read rather
// than downloaded.
//
// Only the last extension counts, in any case: "site.TAR.GZ" is gzip, and no Content-Encoding is claimed for
// it, because the archive is what the client asked for. Of names without one, those count that are customary
// (README, LICENSE, Makefile); others, such as .profile, are application/octet-stream: a server that guesses
// at content invites sniffing attacks.
//
// The table is what Apache and nginx serve, as npm's mime-db has collected it (scripts/update-types), with
// the exceptions that mime.cpp lists, and with more. A site may name other types: files/type_table.h.
//
// Pure functions of values; any thread. The view is good for ever.
#pragma once

#include <string_view>

namespace pollux::files {

inline constexpr std::string_view kOctetStream = "application/octet-stream";
inline constexpr std::string_view kCharsetUtf8 = "; charset=utf-8";

// `file_name` may be a path; what stands before the last '/' does not count.
[[nodiscard]] std::string_view content_type(std::string_view file_name);

// Whether content_type() says of files of that media type that they are UTF-8: by the name of the type
// (text/…, …+xml, …+json), or because the table has it so. `media_type`: without parameters, in any case.
[[nodiscard]] bool is_text(std::string_view media_type);

// "gzip" for a file whose type is that of what is compressed in it (.svgz, tiles of vector maps), if it
// begins as gzip does; else empty.
[[nodiscard]] std::string_view content_encoding(std::string_view file_name, std::string_view beginning);

}  // namespace pollux::files
