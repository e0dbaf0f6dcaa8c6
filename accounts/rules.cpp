#include "accounts/rules.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>

namespace pollux::accounts {

namespace {

constexpr std::size_t kMaxNameOctets = 4 * kMaxNameCharacters;

const std::uint8_t* utf8(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

// std::nullopt: not valid UTF-8 (RFC 3629).
std::optional<std::size_t> characters(std::string_view text) {
  if (u8_check(utf8(text), text.size()) != nullptr) return std::nullopt;
  return u8_mbsnlen(utf8(text), text.size());
}

bool is_forbidden(ucs4_t character) {
  if (character == ' ') return false;
  // C: control, format, surrogate, private use, unassigned. Z: spaces and separators of lines and paragraphs.
  // What is unassigned today may be folded tomorrow, and two names would become one.
  return uc_is_general_category_withtable(character, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
}

}  // namespace

NameProblem check_name(std::string_view name) {
  if (name.empty()) return NameProblem::kEmpty;
  if (name.size() > kMaxNameOctets) return NameProblem::kTooLong;
  const std::optional<std::size_t> length = characters(name);
  if (!length) return NameProblem::kNotUtf8;
  if (*length > kMaxNameCharacters) return NameProblem::kTooLong;
  for (std::string_view rest = name; !rest.empty();) {
    ucs4_t character = 0;
    const int size = u8_mbtouc(&character, utf8(rest), rest.size());
    if (is_forbidden(character)) return NameProblem::kCharacter;
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  const bool at_end = name.front() == ' ' || name.back() == ' ';
  if (at_end || name.find("  ") != std::string_view::npos) return NameProblem::kSpaces;
  return NameProblem::kNone;
}

PasswordProblem check_password(std::string_view password) {
  if (password.size() > kMaxPasswordOctets) return PasswordProblem::kTooLong;
  const std::optional<std::size_t> length = characters(password);
  if (!length) return PasswordProblem::kNotUtf8;
  return *length < kLeastPasswordCharacters ? PasswordProblem::kTooShort : PasswordProblem::kNone;
}

std::string_view describe(NameProblem problem) {
  switch (problem) {
    case NameProblem::kNone: break;
    case NameProblem::kEmpty: return "the name is empty";
    case NameProblem::kTooLong: return "the name has more than 32 characters";
    case NameProblem::kNotUtf8: return "the name is not valid UTF-8";
    case NameProblem::kCharacter: return "the name has a character that is invisible or not assigned";
    case NameProblem::kSpaces: return "the name begins or ends with a space, or has two in a row";
  }
  return {};
}

std::string_view describe(PasswordProblem problem) {
  switch (problem) {
    case PasswordProblem::kNone: break;
    case PasswordProblem::kTooShort: return "the password has fewer than 8 characters";
    case PasswordProblem::kTooLong: return "the password has more than 256 octets";
    case PasswordProblem::kNotUtf8: return "the password is not valid UTF-8";
  }
  return {};
}

std::string name_key(std::string_view name) {
  std::size_t size = 0;
  // No language: the key must not depend on where the server stands.
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> folded(
      u8_casefold(utf8(name), name.size(), nullptr, UNINORM_NFC, nullptr, &size), std::free);
  if (folded == nullptr) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(folded.get()), size};
}

}  // namespace pollux::accounts
