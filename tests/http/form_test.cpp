#include "http/form.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pollux::http {
namespace {

using Fields = std::vector<Form::Field>;

TEST(Form, Parse) {
  struct Case {
    std::string octets;
    std::optional<Fields> fields;
  };
  const Case cases[] = {
      {"", Fields{}},
      {"user=ada&password=lovelace", Fields{{"user", "ada"}, {"password", "lovelace"}}},
      {"a=1&a=2", Fields{{"a", "1"}, {"a", "2"}}},
      {"a", Fields{{"a", ""}}},
      {"a=", Fields{{"a", ""}}},
      {"=b", Fields{{"", "b"}}},
      {"=", Fields{{"", ""}}},
      {"&&a=1&", Fields{{"a", "1"}}},
      {"a=1=2", Fields{{"a", "1=2"}}},
      {"a=b+c%20d%2B", Fields{{"a", "b c d+"}}},
      {"%61%3d=%26%3B", Fields{{"a=", "&;"}}},
      {"a=%C3%BC%e4%b8%ad", Fields{{"a", "\xC3\xBC\xE4\xB8\xAD"}}},
      {"a=\xC3\xBC", Fields{{"a", "\xC3\xBC"}}},
      {"a=%c0%af%FF", Fields{{"a", "\xC0\xAF\xFF"}}},  // What is no UTF-8 is for the reader of the value.
      {"a=%2525", Fields{{"a", "%25"}}},               // Once.
      {"a=1;b=2", Fields{{"a", "1;b=2"}}},
      {"a=%0d%0a", Fields{{"a", "\r\n"}}},
      {"a=%", std::nullopt},
      {"a=%4", std::nullopt},
      {"a=%g1", std::nullopt},
      {"a=%1g", std::nullopt},
      {"%=1", std::nullopt},
      {"a=%00", std::nullopt},
      {std::string("a=\0", 3), std::nullopt},
  };
  for (const Case& c : cases) {
    const auto form = Form::parse(c.octets);
    ASSERT_EQ(form.has_value(), c.fields.has_value()) << c.octets;
    if (form) {
      EXPECT_EQ(form->fields(), *c.fields) << c.octets;
    }
  }
}

TEST(Form, FindsTheFirstOfAName) {
  const auto form = Form::parse("a=1&b=&a=2");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->find("a"), "1");
  EXPECT_EQ(form->find("b"), "");
  EXPECT_EQ(form->find("c"), std::nullopt);
  EXPECT_EQ(form->value_of("c"), "");
  EXPECT_EQ(form->find("A"), std::nullopt);
}

TEST(Form, HasABoundOfFields) {
  std::string octets;
  for (std::size_t i = 0; i < Form::kMaxFields; ++i) octets += "a=1&";
  EXPECT_TRUE(Form::parse(octets));
  EXPECT_FALSE(Form::parse(octets + "a"));
}

TEST(Form, IsNamedByItsContentType) {
  const std::pair<const char*, bool> cases[] = {
      {"application/x-www-form-urlencoded", true},
      {"Application/X-WWW-Form-urlencoded", true},
      {"application/x-www-form-urlencoded; charset=utf-8", true},
      {"application/x-www-form-urlencoded ;charset=utf-8", true},
      {"application/x-www-form-urlencodedx", false},
      {"multipart/form-data; boundary=x", false},
      {"text/plain", false},
      {"", false},
  };
  for (const auto& [type, is] : cases) EXPECT_EQ(is_form(type), is) << type;
}

TEST(Form, EncodesWhatItDecodes) {
  std::string all;
  for (int octet = 1; octet < 256; ++octet) all += static_cast<char>(octet);
  EXPECT_EQ(encode_form_value("/a b?c=d&e"), "%2Fa%20b%3Fc%3Dd%26e");
  EXPECT_EQ(Form::parse("a=" + encode_form_value(all))->value_of("a"), all);
}

}  // namespace
}  // namespace pollux::http
