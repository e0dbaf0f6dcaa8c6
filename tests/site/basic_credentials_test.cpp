#include "site/basic_credentials.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/site/asked.h"

namespace pollux::site {
namespace {

// "user|password", or "-".
std::string shown(const BasicCredentials& credentials) {
  if (!credentials) return "-";
  EXPECT_EQ(credentials.password(), credentials.password_for_crypt());
  return credentials.user() + "|" + std::string(credentials.password());
}

TEST(BasicCredentials, AreReadStrictly) {
  const struct {
    std::string field;
    std::string shown;
  } rows[] = {
      // RFC 7617 section 2 and 2.1.
      {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin|open sesame"},
      {"Basic dGVzdDoxMjPCow==", "test|123\u00a3"},
      {"bAsIc   QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin|open sesame"},
      {basic("a:b:c"), "a|b:c"},
      {basic("a:"), "a|"},
      {basic(":b"), "|b"},
      {basic(":"), "|"},
      {basic("a"), "-"},
      {basic(""), "-"},
      {basic(std::string_view("a:b\0c", 5)), "-"},
      {basic("a\n:b"), "-"},
      {basic("a:b\x7F"), "-"},
      {basic("a:\xFF"), "a|\xFF"},  // Latin-1 is nobody's password in UTF-8, and harms nobody.
      {basic(std::string(255, 'u') + ":" + std::string(511, 'p')),
       std::string(255, 'u') + "|" + std::string(511, 'p')},
      {basic(std::string(256, 'u') + ":p"), "-"},
      {basic("u:" + std::string(512, 'p')), "-"},
      {basic(std::string(100'000, 'u')), "-"},
      {"", "-"},
      {"Basic", "-"},
      {"Basic ", "-"},
      {"Basic\tYTpi", "-"},
      {"BasicYTpi", "-"},
      {"Basic YTpi", "a|b"},
      {"Basic YTpi ", "-"},
      {"Basic YTpi, Basic YTpi", "-"},
      {"Basic YTpiYw", "-"},    // No padding,
      {"Basic YTpi====", "-"},  // too much of it,
      {"Basic YTpiYx==", "-"},  // and bits that mean nothing.
      {"Basic YTp-_w==", "-"},
      {"Bearer YTpi", "-"},
      {"Digest username=\"a\"", "-"},
      {"YTpi", "-"},
  };
  for (const auto& row : rows) EXPECT_EQ(shown(BasicCredentials(row.field)), row.shown) << row.field;
}

TEST(BasicCredentials, OfARequestAreOneField) {
  EXPECT_EQ(shown(BasicCredentials(Asked("").request())), "-");
  EXPECT_EQ(shown(BasicCredentials(Asked("authorization: Basic YTpi\r\n").request())), "a|b");
  const Asked twice("Authorization: Basic YTpi\r\nAuthorization: Basic YTpi\r\n");
  EXPECT_EQ(shown(BasicCredentials(twice.request())), "-");
}

}  // namespace
}  // namespace pollux::site
