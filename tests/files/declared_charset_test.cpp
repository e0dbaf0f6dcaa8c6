#include "files/declared_charset.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux::files {
namespace {

using namespace std::string_literals;

TEST(DeclaredCharset, DeclaresAnother) {
  constexpr const char* kHtml = "text/html; charset=utf-8";
  constexpr const char* kCss = "text/css; charset=utf-8";
  constexpr const char* kXml = "application/xml; charset=utf-8";
  constexpr const char* kPlain = "text/plain; charset=utf-8";
  const struct {
    std::string beginning;
    const char* type;
    bool another;
  } rows[] = {
      {"", kHtml, false},
      {"<!DOCTYPE html><title>x</title>", kHtml, false},
      {"<meta charset=koi8-r>", kHtml, true},
      {"<meta charset=\"koi8-r\">", kHtml, true},
      {"<meta charset='koi8-r'/>", kHtml, true},
      {"<!doctype html><html><head>\n  <META\n  CharSet = \"Windows-1251\">", kHtml, true},
      {"<meta/charset=gbk>", kHtml, true},
      {"<meta name=viewport content='width=device-width'><meta charset=gbk>", kHtml, true},
      {"<meta http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-1\">", kHtml, true},
      {"<meta content='text/html;charset=big5' http-equiv=content-type />", kHtml, true},
      {"<meta http-equiv=content-type content='text/html; charset=\"big5\"'>", kHtml, true},
      {std::string(3000, ' ') + "<meta charset=koi8-r>", kHtml, true},
      {"<?xml version='1.0' encoding='koi8-r'?><html>", kHtml, true},
      // UTF-8, by all its names.
      {"<meta charset=utf-8>", kHtml, false},
      {"<meta charset=\"UTF-8\">", kHtml, false},
      {"<meta charset=utf8>", kHtml, false},
      {"<meta http-equiv=content-type content='text/html; charset=utf-8'>", kHtml, false},
      {"<?xml version='1.0' encoding='koi8-r'?><meta charset=utf-8>", kHtml, false},
      // None of these declares anything.
      {"<!-- <meta charset=koi8-r> -->", kHtml, false},
      {"<!-- <meta charset=koi8-r>", kHtml, false},
      {"<meta>", kHtml, false},
      {"<meta", kHtml, false},
      {"<meta ", kHtml, false},
      {"<meta =", kHtml, false},
      {"<meta charset", kHtml, false},
      {"<meta charset>", kHtml, false},
      {"<meta charset=>", kHtml, false},
      {"<meta charset=\"\">", kHtml, false},
      {"<metadata charset=koi8-r>", kHtml, false},
      {"<meta name=description content='charset=koi8-r'>", kHtml, false},
      {"<meta http-equiv=refresh content='1; charset=koi8-r'>", kHtml, false},
      {"<meta http-equiv=content-type content='text/html'>", kHtml, false},
      {"<p>charset=koi8-r", kHtml, false},
      {std::string(kDeclarationWithin, ' ') + "<meta charset=koi8-r>", kHtml, false},
      {"<meta charset=koi8-r>", kPlain, false},
      // XML.
      {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r/>", kXml, true},
      {"<?xml version='1.0' encoding = 'gb18030' ?>", "image/svg+xml; charset=utf-8", true},
      {"<?xml version=\"1.0\" encoding=\"UTF-8\"?><r/>", kXml, false},
      {"<?xml version=\"1.0\"?><r encoding=\"koi8-r\"/>", kXml, false},
      {" <?xml version=\"1.0\" encoding=\"koi8-r\"?>", kXml, false},
      {"<?xml", kXml, false},
      // CSS.
      {"@charset \"koi8-r\"; a {}", kCss, true},
      {"@charset \"utf-8\"; a {}", kCss, false},
      {"@charset \"", kCss, false},
      {"a { } @charset \"koi8-r\";", kCss, false},
      {"@charset \"koi8-r\";", kPlain, false},
      // Byte order marks, which count for more than what stands behind them.
      {"\xFF\xFE"
       "a\0b\0"s,
       kPlain, true},
      {"\xFE\xFF"
       "\0a\0b"s,
       kXml, true},
      {"\xEF\xBB\xBF"
       "text",
       kPlain, false},
      {"\xEF\xBB\xBF<meta charset=koi8-r>", kHtml, false},
      {"\xFF", kPlain, false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(declares_another_charset(row.beginning, row.type), row.another)
        << row.type << ": " << row.beginning;
}

// Whatever it is cut off at: no declaration is better than a wrong one, and nothing beyond the end is read.
TEST(DeclaredCharset, CutAnywhere) {
  const std::string whole =
      "<!-- x --><meta http-equiv=\"content-type\" content=\"text/html; charset=koi8-r\">";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string part = whole.substr(0, size);  // Of its own, so that sanitizers see its end.
    const bool named = size > whole.find("koi8");
    EXPECT_EQ(declares_another_charset(part, "text/html"), named) << part;
  }
}

}  // namespace
}  // namespace pollux::files
