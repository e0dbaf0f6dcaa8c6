#include "http/chars.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux::http {
namespace {

std::string members(bool (*predicate)(char)) {
  std::string set;
  for (int octet = 0; octet < 256; ++octet) {
    if (const char c = static_cast<char>(octet); predicate(c)) set.push_back(c);
  }
  return set;
}

std::string span_of(int first, int last) {
  std::string set;
  for (int octet = first; octet <= last; ++octet) set.push_back(static_cast<char>(octet));
  return set;
}

TEST(Chars, EveryClassHoldsExactlyWhatTheGrammarSays) {
  const std::string digits = "0123456789";
  const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string lower = "abcdefghijklmnopqrstuvwxyz";
  EXPECT_EQ(members(is_digit), digits);
  EXPECT_EQ(members(is_hex), digits + "ABCDEFabcdef");
  EXPECT_EQ(members(is_tchar), std::string("!#$%&'*+-.") + digits + upper + "^_`" + lower + "|~");
  EXPECT_EQ(members(is_field_vchar), span_of(0x21, 0x7E) + span_of(0x80, 0xFF));
  EXPECT_EQ(members(is_field_octet), std::string("\t") + span_of(0x20, 0x7E) + span_of(0x80, 0xFF));
  EXPECT_EQ(members(is_etagc), std::string("!") + span_of(0x23, 0x7E) + span_of(0x80, 0xFF));
  EXPECT_EQ(members(is_unreserved), std::string("-.") + digits + upper + "_" + lower + "~");
  EXPECT_EQ(members(is_reg_name_octet),
            std::string("!$&'()*+,-.") + digits + ";=" + upper + "_" + lower + "~");
  EXPECT_EQ(members(is_path_octet),
            std::string("!$%&'()*+,-./") + digits + ":;=@" + upper + "[\\]^_`" + lower + "{|}~");
  EXPECT_EQ(members(is_query_octet),
            std::string("!$%&'()*+,-./") + digits + ":;=?@" + upper + "[\\]^_`" + lower + "{|}~");
  EXPECT_EQ(members(is_ows), "\t ");
}

TEST(Chars, HexValue) {
  const std::string digits = "0123456789abcdef";
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    const std::size_t at = digits.find(to_lower(c));
    EXPECT_EQ(hex_value(c), at == std::string::npos ? -1 : static_cast<int>(at)) << octet;
  }
}

TEST(Chars, ToLowerChangesAsciiLettersOnly) {
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    EXPECT_EQ(to_lower(c), octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : c);
  }
}

TEST(Chars, Token) {
  EXPECT_TRUE(is_token("GET"));
  EXPECT_TRUE(is_token("x-!#$%&'*+.^_`|~9"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_FALSE(is_token("a:"));
  EXPECT_FALSE(is_token("\xC3\xA9"));
}

}  // namespace
}  // namespace pollux::http
