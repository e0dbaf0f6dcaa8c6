#include "http/form.h"

#include <string.h>

#include <algorithm>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::http {

Form::~Form() {
  if (octets_) ::explicit_bzero(octets_.get(), size_);
}

std::optional<std::string_view> Form::decode(std::string_view text) {
  const std::size_t begin = size_;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '+') {
      c = ' ';
    } else if (c == '%') {
      if (text.size() - at < 3 || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return std::nullopt;
      c = static_cast<char>(hex_value(text[at + 1]) << 4 | hex_value(text[at + 2]));
      at += 2;
    }
    if (c == '\0') return std::nullopt;
    octets_[size_++] = c;
  }
  return std::string_view(octets_.get() + begin, size_ - begin);
}

std::optional<Form> Form::parse(std::string_view octets) {
  std::optional<Form> form(Form(octets.size()));
  while (!octets.empty()) {
    const std::size_t end = std::min(octets.find('&'), octets.size());
    const std::string_view field = octets.substr(0, end);
    octets.remove_prefix(std::min(end + 1, octets.size()));
    if (field.empty()) continue;
    if (form->fields_.size() == kMaxFields) return std::nullopt;
    const std::size_t equals = std::min(field.find('='), field.size());
    const auto name = form->decode(field.substr(0, equals));
    const auto value = form->decode(field.substr(std::min(equals + 1, field.size())));
    if (!name || !value) return std::nullopt;
    form->fields_.emplace_back(*name, *value);
  }
  return form;
}

std::optional<std::string_view> Form::find(std::string_view name) const {
  const auto field =
      std::find_if(fields_.begin(), fields_.end(), [name](const auto& f) { return f.first == name; });
  if (field == fields_.end()) return std::nullopt;
  return field->second;
}

bool is_form(std::string_view content_type) {
  const std::string_view type = trim_ows(content_type.substr(0, content_type.find(';')));
  return equals_ignoring_case(type, "application/x-www-form-urlencoded");
}

std::string encode_form_value(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[octet >> 4U], kDigits[octet & 15U]};
    }
  }
  return encoded;
}

}  // namespace pollux::http
