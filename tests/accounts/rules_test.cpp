// Names and passwords: which are accepted, and which names are the same.
#include "accounts/rules.h"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

using namespace std::string_literals;

std::string times(std::size_t count, const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST(Rules, Names) {
  const struct {
    std::string name;
    NameProblem problem;
  } table[] = {
      {"a", NameProblem::kNone},
      {"Zo\u00eb", NameProblem::kNone},
      {"\u5f20\u4e09", NameProblem::kNone},
      {"\U0001F600", NameProblem::kNone},
      {"Anna Maria", NameProblem::kNone},
      {"'; DROP TABLE pollux_users; --", NameProblem::kNone},
      {"<script>alert(1)</script>", NameProblem::kNone},
      {times(32, "x"), NameProblem::kNone},
      {times(32, "\U0001F600"), NameProblem::kNone},
      {"", NameProblem::kEmpty},
      {times(33, "x"), NameProblem::kTooLong},
      {times(33, "\U0001F600"), NameProblem::kTooLong},
      {times(1'000'000, "x"), NameProblem::kTooLong},
      {" a", NameProblem::kSpaces},
      {"a ", NameProblem::kSpaces},
      {" ", NameProblem::kSpaces},
      {"a  b", NameProblem::kSpaces},
      {"a\0b"s, NameProblem::kCharacter},
      {"a\nb", NameProblem::kCharacter},
      {"a\tb", NameProblem::kCharacter},
      {"a\x7f", NameProblem::kCharacter},
      {"a\u0085", NameProblem::kCharacter},   // A control character of ISO 8859.
      {"a\u00a0b", NameProblem::kCharacter},  // No-break space.
      {"a\u200bb", NameProblem::kCharacter},  // Zero width space.
      {"a\u202eb", NameProblem::kCharacter},  // Right-to-left override.
      {"a\u2028b", NameProblem::kCharacter},  // Line separator.
      {"a\u3000b", NameProblem::kCharacter},  // Ideographic space.
      {"a\ue000", NameProblem::kCharacter},   // Private use.
      {"a\u0378", NameProblem::kCharacter},   // Not assigned.
      {"\ufeffa", NameProblem::kCharacter},   // Byte order mark.
      {"a\xff", NameProblem::kNotUtf8},
      {"\xc0\xaf", NameProblem::kNotUtf8},          // Longer than need be.
      {"\xed\xa0\x80", NameProblem::kNotUtf8},      // A surrogate.
      {"\xf4\x90\x80\x80", NameProblem::kNotUtf8},  // Beyond U+10FFFF.
      {"\xe4\xbd", NameProblem::kNotUtf8},          // Cut off.
  };
  for (const auto& row : table) {
    EXPECT_EQ(check_name(row.name), row.problem) << row.name.substr(0, 40);
    EXPECT_EQ(describe(row.problem).empty(), row.problem == NameProblem::kNone);
  }
}

TEST(Rules, Passwords) {
  const struct {
    std::string password;
    PasswordProblem problem;
  } table[] = {
      {"12345678", PasswordProblem::kNone},
      {"        ", PasswordProblem::kNone},
      {"\0\1\2\3\4\5\6\7"s, PasswordProblem::kNone},
      {times(8, "\u5bc6"), PasswordProblem::kNone},
      {times(256, "x"), PasswordProblem::kNone},
      {"", PasswordProblem::kTooShort},
      {"1234567", PasswordProblem::kTooShort},
      {times(7, "\u5bc6"), PasswordProblem::kTooShort},  // 21 octets.
      {times(257, "x"), PasswordProblem::kTooLong},
      {times(1'000'000, "x"), PasswordProblem::kTooLong},
      {"1234567\xff", PasswordProblem::kNotUtf8},
  };
  for (const auto& row : table) {
    EXPECT_EQ(check_password(row.password), row.problem) << row.password.substr(0, 40);
    EXPECT_EQ(describe(row.problem).empty(), row.problem == PasswordProblem::kNone);
  }
}

TEST(Rules, WhichNamesAreTheSame) {
  const struct {
    std::string a;
    std::string b;
    bool same;
  } table[] = {
      {"anna", "ANNA", true},
      {"Zo\u00eb", "ZO\u00cb", true},
      {"Zo\u00eb", "Zoe\u0308", true},  // Composed or not.
      {"stra\u00dfe", "STRASSE", true},
      {"\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3", true},
      {"anna", "anne", false},
      {"anna", "\u0430nna", false},  // A Cyrillic a looks the same, and is not.
      {"zoe", "zo\u00eb", false},
      {"anna", "an na", false},
      {"\uff41nna", "anna", false},  // Full width.
  };
  for (const auto& row : table)
    EXPECT_EQ(name_key(row.a) == name_key(row.b), row.same) << row.a << ' ' << row.b;
}

TEST(Rules, TheKeyFitsItsColumn) {
  // U+0390 and U+1FB7 become three characters each when folded.
  for (const char* character : {"\u0390", "\u1fb7", "\ufb03"}) {
    const std::string name = times(kMaxNameCharacters, character);
    ASSERT_EQ(check_name(name), NameProblem::kNone);
    EXPECT_LE(name_key(name).size(), 512U);
  }
}

}  // namespace
}  // namespace pollux::accounts
