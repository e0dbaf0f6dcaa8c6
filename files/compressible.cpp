#include "files/compressible.h"

#include <algorithm>

#include "http/lists.h"

namespace pollux::files {

namespace {

// Structured syntax suffixes (RFC 6839, RFC 9512).
constexpr std::string_view kCompressibleSuffixes[] = {"+json", "+xml", "+yaml"};

constexpr std::string_view kCompressibleTypes[] = {
    // Types of text without text/ in the name.
    "application/ecmascript",
    "application/javascript",
    "application/json",
    "application/json5",
    "application/jsonc",
    "application/jsonl",
    "application/mbox",
    "application/n-triples",
    "application/pgp-signature",
    "application/postscript",
    "application/rtf",
    "application/sql",
    "application/toml",
    "application/vnd.apple.mpegurl",
    "application/x-chess-pgn",
    "application/x-javascript",
    "application/x-latex",
    "application/x-ndjson",
    "application/x-nzb",
    "application/x-research-info-systems",
    "application/x-sh",
    "application/x-subrip",
    "application/x-tex",
    "application/x-texinfo",
    "application/xml",
    "application/xml-dtd",
    "application/yaml",
    "audio/x-mpegurl",
    "audio/x-scpls",
    "chemical/x-cif",
    "chemical/x-cml",
    "chemical/x-xyz",
    "image/vnd.dxf",
    "image/x-xbitmap",
    "image/x-xpixmap",
    "message/rfc822",
    "model/mtl",
    "model/obj",
    "model/x3d-vrml",

    // Programs.
    "application/wasm",

    // Fonts with uncompressed tables. (WOFF is compressed by deflate, WOFF2 by brotli.)
    "application/vnd.ms-fontobject",
    "font/collection",
    "font/otf",
    "font/ttf",

    // Uncompressed pixels, points and records.
    "application/cbor",
    "application/vnd.apache.arrow.file",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.sqlite3",
    "application/x-protobuf",
    "application/x-tar",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "image/vnd.ms-dds",
    "image/x-icon",
    "image/x-portable-anymap",
    "image/x-portable-bitmap",
    "image/x-portable-graymap",
    "image/x-portable-pixmap",
    "model/gltf-binary",
    "model/stl",
};

}  // namespace

bool is_compressible(std::string_view content_type) {
  const std::string_view type = http::trim_ows(content_type.substr(0, content_type.find(';')));
  const auto is_type = [&](std::string_view row) { return http::equals_ignoring_case(type, row); };
  const auto has_suffix = [&](std::string_view suffix) {
    return http::ends_with_ignoring_case(type, suffix);
  };
  return http::equals_ignoring_case(type.substr(0, type.find('/') + 1), "text/") ||
         std::any_of(std::begin(kCompressibleSuffixes), std::end(kCompressibleSuffixes), has_suffix) ||
         std::any_of(std::begin(kCompressibleTypes), std::end(kCompressibleTypes), is_type);
}

}  // namespace pollux::files
