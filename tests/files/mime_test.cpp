#include "files/mime.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace pollux::files {
namespace {

TEST(Mime, ContentType) {
  constexpr std::string_view kText = "text/plain; charset=utf-8";
  struct Case {
    std::string_view name;
    std::string_view type;
  };
  constexpr Case kCases[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"index.htm", "text/html; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.json", "application/json; charset=utf-8"},
      {"a.js.map", "application/json; charset=utf-8"},
      {"a.webmanifest", "application/manifest+json; charset=utf-8"},
      {"a.xml", "application/xml; charset=utf-8"},
      {"a.xhtml", "application/xhtml+xml; charset=utf-8"},
      {"a.rss", "application/rss+xml; charset=utf-8"},
      {"a.svg", "image/svg+xml; charset=utf-8"},
      {"a.wasm", "application/wasm"},
      {"a.vtt", "text/vtt; charset=utf-8"},
      {"a.txt", kText},
      {"a.rst", kText},
      {"a.log", kText},
      {"a.py", kText},
      {"a.c", kText},
      {"a.exe", "application/x-msdos-program"},
      {"a.dll", "application/x-msdownload"},
      {"a.srt", "application/x-subrip; charset=utf-8"},
      {"a.rpm", "application/x-redhat-package-manager"},
      {"a.m4v", "video/x-m4v"},
      {"a.c++", kText},
      {"a.rs", kText},
      {"a.sh", kText},
      {"a.md", "text/markdown; charset=utf-8"},
      {"a.csv", "text/csv; charset=utf-8"},
      {"a.yaml", "application/yaml; charset=utf-8"},
      {"a.woff", "font/woff"},
      {"a.woff2", "font/woff2"},
      {"a.ttf", "font/ttf"},
      {"a.otf", "font/otf"},
      {"a.eot", "application/vnd.ms-fontobject"},
      {"a.png", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.jpeg", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"a.webp", "image/webp"},
      {"a.avif", "image/avif"},
      {"a.jxl", "image/jxl"},
      {"favicon.ico", "image/vnd.microsoft.icon"},
      {"a.mp3", "audio/mpeg"},
      {"a.ogg", "audio/ogg"},
      {"a.opus", "audio/ogg"},
      {"a.flac", "audio/flac"},
      {"a.wav", "audio/wav"},
      {"a.mp4", "video/mp4"},
      {"a.webm", "video/webm"},
      {"a.mov", "video/quicktime"},
      {"a.mkv", "video/matroska"},
      {"a.m3u8", "application/vnd.apple.mpegurl"},
      {"a.ts", "video/mp2t"},
      {"a.gz", "application/gzip"},
      {"a.tar.gz", "application/gzip"},
      {"a.tgz", "application/gzip"},
      {"a.html.gz", "application/gzip"},
      {"a.tar.xz", "application/x-xz"},
      {"a.zip", "application/zip"},
      {"a.7z", "application/x-7z-compressed"},
      {"a.pdf", "application/pdf"},
      {"a.epub", "application/epub+zip"},
      {"a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"a.bin", kOctetStream},
      // The spelling of the name.
      {"INDEX.HTML", "text/html; charset=utf-8"},
      {"a.JpG", "image/jpeg"},
      {"/deep/path.d/a.png", "image/png"},
      {"a..png", "image/png"},
      {"a b.png", "image/png"},
      {"\xC3\xA9.png", "image/png"},
      {"a.json5", "application/json5; charset=utf-8"},
      {"a.jsonc", "application/jsonc; charset=utf-8"},
      {"a.topojson", "application/json; charset=utf-8"},
      {"a.mvt", "application/vnd.mapbox-vector-tile"},
      {"a.pbf", "application/x-protobuf"},
      {"a.mobileconfig", "application/x-apple-aspen-config"},
      {"a.pkpass", "application/vnd.apple.pkpass"},
      {"a.ktx", "image/ktx"},
      {"a.dds", "image/vnd.ms-dds"},
      {"a.mdx", "text/mdx; charset=utf-8"},
      {"a.docm", "application/vnd.ms-word.document.macroEnabled.12"},
      {"a.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12"},
      {"a.ttml", "application/ttml+xml; charset=utf-8"},
      {"a.svgz", "image/svg+xml"},
      // Names that say it without an extension.
      {"README", kText},
      {"dir.html/README", kText},
      {"LICENSE", kText},
      {"License", kText},
      {"/src/Makefile", kText},
      {"SHA256SUMS", kText},
      {".well-known/apple-app-site-association", "application/json; charset=utf-8"},
      // Neither says anything.
      {"", kOctetStream},
      {"READ", kOctetStream},
      {"README ", kOctetStream},
      {".README", kOctetStream},
      {"a.README", kOctetStream},
      {"html", kOctetStream},
      {".html", kOctetStream},
      {"dir/.css", kOctetStream},
      {"dir.html/", kOctetStream},
      {"a.", kOctetStream},
      {".", kOctetStream},
      {"..", kOctetStream},
      {"...", kOctetStream},
      {"a.html ", kOctetStream},
      {"a.htmlx", kOctetStream},
      {"a.ht", kOctetStream},
      {"a.zzzz", kOctetStream},
      {"a.0", kOctetStream},
      {"a.\xFF", kOctetStream},
      {"a.averyveryverylongextension", kOctetStream},
      {"python3.11", kOctetStream},
  };
  for (const Case& row : kCases) EXPECT_EQ(content_type(row.name), row.type) << row.name;
  EXPECT_EQ(content_type(std::string_view("a.html\0", 7)), kOctetStream);
  EXPECT_EQ(content_type(std::string(100'000, '.')), kOctetStream);
}

// What mime-db says of the extensions that Apache and nginx serve: scripts/update-types.
struct MimeDbRow {
  std::string_view type;
  std::string_view extensions;
};
constexpr MimeDbRow kMimeDbRows[] = {
#include "files/mime_db.inc"
};

TEST(Mime, IsMimeDbWithExceptions) {
  constexpr std::string_view kText = "text/plain; charset=utf-8";
  const std::map<std::string_view, std::string_view> exceptions = {
      {"asm", kText},
      {"s", kText},
      {"c", kText},
      {"cc", kText},
      {"cpp", kText},
      {"cxx", kText},
      {"h", kText},
      {"hh", kText},
      {"f", kText},
      {"f77", kText},
      {"f90", kText},
      {"for", kText},
      {"java", kText},
      {"pas", kText},
      {"pl", kText},
      {"pm", kText},
      {"tcl", kText},
      {"sh", kText},
      {"csh", kText},
      {"bat", kText},
      {"cu", kText},
      {"tex", "text/x-tex; charset=utf-8"},
      {"flac", "audio/flac"},
      {"mka", "audio/matroska"},
      {"mkv", "video/matroska"},
      {"mk3d", "video/matroska"},
      {"vcf", "text/vcard; charset=utf-8"},
      {"p12", "application/pkcs12"},
      {"pfx", "application/pkcs12"},
      {"cbz", "application/vnd.comicbook+zip"},
      {"cbr", "application/vnd.comicbook-rar"},
      {"deb", "application/vnd.debian.binary-package"},
      {"udeb", "application/vnd.debian.binary-package"},
  };
  std::size_t checked = 0;
  for (const auto& [type, extensions] : kMimeDbRows) {
    for (std::size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
      end = extensions.find(' ', begin);
      const std::string_view extension = extensions.substr(begin, end - begin);
      const auto exception = exceptions.find(extension);
      const std::string_view expected = exception == exceptions.end() ? type : exception->second;
      EXPECT_EQ(content_type("a." + std::string(extension)), expected) << extension;
      ++checked;
    }
  }
  EXPECT_GE(checked, 330U);
}

TEST(Mime, IsText) {
  for (const auto& [type, extensions] : kMimeDbRows)
    EXPECT_EQ(is_text(type.substr(0, type.find(';'))), type.ends_with(kCharsetUtf8)) << type;
  for (const char* type : {"text/html", "TEXT/anything", "text/", "a/b+xml", "a/b+JSON", "application/json",
                           "Application/XML", "application/toml", "image/svg+xml"}) {
    EXPECT_TRUE(is_text(type)) << type;
  }
  for (const char* type : {"", "text", "texts/html", "a/text/", "application/wasm", "application/jsonx",
                           "application/octet-stream", "+xm"}) {
    EXPECT_FALSE(is_text(type)) << type;
  }
}

TEST(Mime, ContentEncoding) {
  constexpr std::string_view kGzip = "\x1F\x8B\x08";
  const struct {
    std::string_view name;
    std::string_view beginning;
    std::string_view encoding;
  } rows[] = {
      {"a.svgz", kGzip, "gzip"}, {"dir/A.SVGZ", kGzip, "gzip"},
      {"a.mvt", kGzip, "gzip"},  {"a.pbf", kGzip, "gzip"},
      {"a.svgz", "<svg>", ""},   {"a.svgz", "", ""},
      {"a.svgz", "\x1F", ""},    {"a.svg", kGzip, ""},
      {"a.svg.gz", kGzip, ""},   {"a.tgz", kGzip, ""},
      {"z", kGzip, ""},          {"", kGzip, ""},
  };
  for (const auto& row : rows) EXPECT_EQ(content_encoding(row.name, row.beginning), row.encoding) << row.name;
}

TEST(Mime, RandomNamesGetAValueThatFitsInAField) {
  std::mt19937 random(1);
  for (int round = 0; round < 100'000; ++round) {
    std::string name = "a.";
    for (std::size_t i = 0, n = random() % 5; i < n; ++i) name += static_cast<char>('a' + random() % 26);
    const std::string_view type = content_type(name);
    ASSERT_NE(type.find('/'), std::string_view::npos) << name;
    ASSERT_EQ(type.find_first_of("\r\n\t\""), std::string_view::npos) << name;
    ASSERT_TRUE(!type.starts_with("text/") || type.ends_with("; charset=utf-8")) << type;
  }
}

}  // namespace
}  // namespace pollux::files
