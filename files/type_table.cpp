#include "files/type_table.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "files/declared_charset.h"
#include "files/mime.h"
#include "http/chars.h"
#include "http/lists.h"

namespace pollux::files {

namespace {

bool is_extension(std::string_view text) {
  const auto fits = [](char c) { return http::is_field_vchar(c) && c != '/'; };
  return text.size() > 1 && text.front() == '.' && text.back() != '.' && http::all_of(text, fits) &&
         text.find("..") == std::string_view::npos;
}

// Removes a token (RFC 9110 5.6.2) from the beginning of `text`, and returns it.
std::string_view take_token(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), http::is_tchar);
  const std::string_view token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(token.size());
  return token;
}

bool take_octet(std::string_view& text, char octet) {
  if (!text.starts_with(octet)) return false;
  text.remove_prefix(1);
  return true;
}

// RFC 9110 5.6.4. REQUIRES: all of `text` may stand in a field.
bool take_quoted_string(std::string_view& text) {
  if (!take_octet(text, '"')) return false;
  while (!text.empty() && text.front() != '"') {
    const std::size_t octets = text.front() == '\\' ? 2 : 1;
    if (text.size() < octets) return false;
    text.remove_prefix(octets);
  }
  return take_octet(text, '"');
}

// RFC 9110 8.3.1 and 5.6.6
bool is_media_type(std::string_view text) {
  if (!http::all_of(text, http::is_field_octet)) return false;
  if (take_token(text).empty() || !take_octet(text, '/') || take_token(text).empty()) return false;
  for (text = http::trim_ows(text); !text.empty(); text = http::trim_ows(text)) {
    if (!take_octet(text, ';')) return false;
    text = http::trim_ows(text);
    if (take_token(text).empty() || !take_octet(text, '=')) return false;
    if (!take_quoted_string(text) && take_token(text).empty()) return false;
  }
  return true;
}

}  // namespace

std::string_view TypeTable::fault_of(const Row& row) {
  if (row.extension.size() > kMaxExtension) return "the extension is too long";
  if (!is_extension(row.extension)) return "the extension is not one such as .txt or .tar.gz";
  if (row.type.size() > kMaxType) return "the type is too long";
  if (!is_media_type(row.type)) return "the type is not one such as text/plain or text/plain; charset=utf-8";
  return {};
}

TypeTable::TypeTable(const std::vector<Row>& rows) {
  for (const auto& [extension, type] : rows) {
    assert(fault_of({extension, type}).empty());
    types_[http::in_lower_case(extension)] = with_charset(type);
  }
}

TypeTable::Type TypeTable::with_charset(const std::string& type) {
  const bool has_parameters = type.find(';') != std::string::npos;
  if (has_parameters || !is_text(type)) return {type, false};
  return {type + std::string(kCharsetUtf8), true};
}

std::string_view TypeTable::content_type(std::string_view file_name, std::string_view beginning) const {
  auto [type, charset_is_ours] = find(file_name);
  if (charset_is_ours && declares_another_charset(beginning, type)) type.remove_suffix(kCharsetUtf8.size());
  return type;
}

TypeTable::Found TypeTable::find(std::string_view file_name) const {
  const std::string_view name = file_name.substr(file_name.rfind('/') + 1);  // npos + 1 is 0.
  std::array<char, kMaxExtension> lower{};
  for (std::size_t dot = name.find('.', 1); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const std::string_view extension = name.substr(dot);
    if (extension.size() > lower.size()) continue;
    std::transform(extension.begin(), extension.end(), lower.begin(), http::to_lower);
    const auto found = types_.find(std::string_view(lower.data(), extension.size()));
    if (found != types_.end()) return {found->second.value, found->second.charset_is_ours};
  }
  const std::string_view built_in = files::content_type(file_name);
  return {built_in, built_in.ends_with(kCharsetUtf8)};
}

}  // namespace pollux::files
