// The Content-Type of a file, by its name (RFC 9110 section 8.3).
//
// The whole field value, so that a response copies it and adds nothing. Text, and the formats a browser
// reads as text (JavaScript, JSON, XML, SVG), are said to be UTF-8: without it browsers fall
// back to a legacy encoding. Source code is text/plain, to be read rather than downloaded.
//
// Only the last extension counts, in any case: "site.TAR.GZ" is gzip, and no Content-Encoding is claimed for
// it, because the archive is what the client asked for. A name that has none, such as README or
// .profile, is application/octet-stream: a server that guesses at content invites sniffing attacks.
//
// Pure function of its value; any thread. The view is good for ever.
#pragma once

#include <string_view>

namespace pollux::http {

inline constexpr std::string_view kOctetStream = "application/octet-stream";

// `file_name` may be a path; what stands before the last '/' does not count.
[[nodiscard]] std::string_view content_type(std::string_view file_name);

}  // namespace pollux::http
