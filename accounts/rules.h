// The rules for names and passwords. The page states them, the server enforces them.
//
//   Names      1 to 32 characters (code points) of valid UTF-8, 128 octets at most. No control, format,
//              private-use or unassigned characters, no line separators; of the white space only the space,
//              not at an end and not two in a row. Stored as typed. Two names are the same when they are
//              equal after full case folding and NFC (Unicode 3.13, D145): "Zoë", "ZOË" and "Zoe" + U+0308.
//   Passwords  8 characters (code points) of valid UTF-8 at least, 256 octets at most. Everything else goes.
//              They are compared octet by octet.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pollux::accounts {

constexpr std::size_t kMaxNameCharacters = 32;
constexpr std::size_t kLeastPasswordCharacters = 8;
constexpr std::size_t kMaxPasswordOctets = 256;

enum class NameProblem {
  kNone,
  kEmpty,
  kTooLong,
  kNotUtf8,
  kCharacter,  // A control, format, private-use or unassigned character, or an unusual space.
  kSpaces,     // At an end, or two in a row.
};

enum class PasswordProblem { kNone, kTooShort, kTooLong, kNotUtf8 };

[[nodiscard]] NameProblem check_name(std::string_view name);
[[nodiscard]] PasswordProblem check_password(std::string_view password);

// For people: a sentence without a full stop. REQUIRES: not kNone.
[[nodiscard]] std::string_view describe(NameProblem problem);
[[nodiscard]] std::string_view describe(PasswordProblem problem);

// What has to be unique: the name folded. REQUIRES: check_name(name) is kNone.
[[nodiscard]] std::string name_key(std::string_view name);

}  // namespace pollux::accounts
