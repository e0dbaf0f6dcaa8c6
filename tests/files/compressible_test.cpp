#include "files/compressible.h"

#include <gtest/gtest.h>

#include "files/mime.h"

namespace pollux::files {
namespace {

TEST(Compressible, Types) {
  struct Case {
    std::string_view type;
    bool expected;
  };
  constexpr Case kCases[] = {
      {"text/html; charset=utf-8", true},
      {"text/plain", true},
      {"text/anything", true},
      {"TEXT/CSS", true},
      {" text/css ;charset=utf-8", true},
      {"application/json", true},
      {"Application/JSON ; charset=utf-8", true},
      {"application/problem+json", true},
      {"application/vnd.api+JSON;v=1", true},
      {"application/rss+xml; charset=utf-8", true},
      {"image/svg+xml", true},
      {"application/openapi+yaml", true},
      {"application/wasm", true},
      {"font/ttf", true},
      {"", false},
      {"text", false},
      {"texts/html", false},
      {"application/text/html", false},
      {"application/jsonx", false},
      {"application/json+zip", false},
      {"application/octet-stream", false},
      {"application/octet-stream; x=+json", false},
      {"multipart/byteranges; boundary=x", false},
  };
  for (const Case& row : kCases) EXPECT_EQ(is_compressible(row.type), row.expected) << row.type;
}

TEST(Compressible, ByName) {
  for (const char* name :
       {"index.html", "style.css",   "app.js",           "app.mjs",      "app.js.map", "data.json",
        "feed.atom",  "sitemap.xml", "logo.svg",         "favicon.ico",  "app.wasm",   "Inter.ttf",
        "Inter.otf",  "old.eot",     "site.webmanifest", "a.csv",        "a.md",       "README",
        "list.m3u8",  "scene.gltf",  "scene.glb",        "tile.pbf",     "scan.bmp",   "backup.tar",
        "a.yaml",     "a.toml",      "a.geojson",        "subtitles.vtt"}) {
    EXPECT_TRUE(is_compressible(content_type(name))) << name;
  }
  for (const char* name :
       {"a.png", "a.jpg",  "a.gif", "a.webp", "a.avif", "a.woff", "a.woff2",   "a.mp3", "a.mp4", "a.webm",
        "a.ogg", "a.flac", "a.ts",  "a.zip",  "a.gz",   "a.br",   "a.zst",     "a.xz",  "a.7z",  "a.jar",
        "a.pdf", "a.docx", "a.odt", "a.epub", "a.iso",  "a.bin",  "a.unknown", "a"}) {
    EXPECT_FALSE(is_compressible(content_type(name))) << name;
  }
}

}  // namespace
}  // namespace pollux::files
