// Request-targets, hosts and paths (RFC 9112 section 3.2, RFC 3986, RFC 9110 section 4.2).
//
//   GET /where?q=now HTTP/1.1                        origin-form
//   GET http://www.example.org/where HTTP/1.1        absolute-form
//   CONNECT www.example.org:80 HTTP/1.1              authority-form
//   OPTIONS * HTTP/1.1                               asterisk-form
//
// A target may hold the octets of RFC 3986's grammar, plus [ ] { } | \ ^ ` where browsers send them unescaped
// (WHATWG URL, "query percent-encode set"): refusing `?a[]=1` would help nobody, and none of these has a
// meaning to a file system or in a field. All other octets yield a 400 (RFC 9112 section 3): controls and
// spaces, '#' (a fragment is never sent), the delimiters " < >, and octets of 0x80 and above. No browser
// sends raw UTF-8 in a target, and servers and caches that guess at its meaning guess differently.
//
// A path is decoded exactly once. Special results:
//  - "%2e%2e" is a dot segment like any other. "%252e" is the file name "%2e".
//  - "%2f" is a slash within a name. No file name on Linux can hold one, so there is no such file: 404.
//    Decoding it to a separator would make two different URIs the same, and is how filters are bypassed.
//  - "\" and "%5c" are an ordinary octet of a file name. That is safe: Linux compares octets, and
//    only '/' separates. encode_path() escapes it, because browsers do read "\" as "/" in a Location.
//  - Overlong or broken UTF-8 ("%c0%af") is octets of a name, too: nobody here turns it into a slash.
// A path with more ".." than segments is refused: no honest client sends it. (RFC 3986 5.2.4 would cut it off
// at the root.) This is the first of two walls; the second is RESOLVE_BENEATH when the path is opened.
//
// Pure functions of values; any thread. Views point into the arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::http {

struct Target {
  enum class Form : std::uint8_t { kOrigin, kAbsolute, kAuthority, kAsterisk };
  Form form = Form::kOrigin;
  std::string_view authority;  // Host and port, of kAbsolute and kAuthority.
  std::string_view path;       // Not decoded. Begins with '/' for kOrigin and kAbsolute, else empty.
  std::string_view query;      // Without its '?'.
  bool has_query = false;      // True for "/?" as well, where the query is empty.
};

// std::nullopt: 400. The caller checks the method: authority-form is for CONNECT only, asterisk-form for
// OPTIONS only (RFC 9112 3.2.3, 3.2.4). Absolute-form is http or https, without userinfo (RFC 9110 4.2.4) and
// with a host (4.2.1). normalise_path() checks percent-encoding in the path; in the query it is not checked
// at all.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

// Whether a Host field may have this value: host and optional port up to 65535. A client sends an empty value
// when its target URI has no authority (RFC 9112 3.2), so that is valid; a port without a host is not (RFC
// 9110 4.2.1). The caller refuses several Host fields, or none.
[[nodiscard]] bool valid_host(std::string_view text);

// The host of "host", "host:port" or "[address]:port", without brackets and without the dot of the root (RFC
// 1034 3.1).
[[nodiscard]] std::string_view host_of(std::string_view authority);

enum class PathError : std::uint8_t {
  kOk,
  kBadEncoding,   // 400: '%' without two hexadecimal digits.
  kNul,           // 400: NUL ends file names in C.
  kEscapesRoot,   // 400: more ".." than segments.
  kEncodedSlash,  // 404.
};

struct PathResult {
  PathError error = PathError::kOk;
  std::string_view path;  // With kOk. Points into `raw` if nothing had to be changed, else into `out`.
};

// Decodes, removes dot segments and merges empty segments, as a file system would: "/a//../b" is "/b". The
// result begins with '/', and ends with one if `raw` names a directory ("/a/", "/a/.", "/a/b/.."). Takes time
// in proportion to the length, and usually no allocation.
[[nodiscard]] PathResult normalise_path(std::string_view raw, std::string& out);

// Turns "/a//b" into "/a/b".
[[nodiscard]] std::string with_single_slashes(std::string_view path);

// Percent-encodes every octet for which `keep` returns false (RFC 3986 2.1).
void append_encoded(std::string_view text, bool (*keep)(char), std::string& out);

[[nodiscard]] bool is_plain_in_path(char c);  // An octet that encode_path() keeps.

// A decoded path for a Location field: begins with one '/' and never with "//", which would name another
// host. Letters, digits, - . _ ~ / ! $ ( ) * + , ; = : @ stay; the rest is percent-encoded, so that the
// result fits into a field and between the quotes of an HTML attribute.
[[nodiscard]] std::string encode_path(std::string_view path);

// Whether a normalised path is a directory or something in it: "/members/" may also be written "/members".
// REQUIRES: `directory` ends with '/'.
[[nodiscard]] bool is_within(std::string_view path, std::string_view directory);

// Whether a segment of a normalised path begins with '.'. The first may be ".well-known" (RFC 8615).
[[nodiscard]] bool has_hidden_segment(std::string_view path);

}  // namespace pollux::http
