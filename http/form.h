// Form data from browsers: application/x-www-form-urlencoded (WHATWG URL, section 5.1).
//
//   user=Ada+Lovelace&password=%C3%BC%26
//
// The standard's parser accepts anything. This one refuses forms that no browser sends, so that nothing is
// misread: a '%' without two hexadecimal digits, a NUL, more than kMaxFields.
//
// Values only; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::http {

class Form {
 public:
  static constexpr std::size_t kMaxFields = 32;

  Form(Form&&) = default;
  Form& operator=(Form&&) = delete;
  ~Form();  // Overwrites its octets, which may be passwords.

  // std::nullopt: 400.
  [[nodiscard]] static std::optional<Form> parse(std::string_view octets);

  // The first field of that name. A field without '=' has an empty value.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  // The same, and empty when there is none.
  [[nodiscard]] std::string_view value_of(std::string_view name) const { return find(name).value_or(""); }

  using Field = std::pair<std::string_view, std::string_view>;  // A name and its value.
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  explicit Form(std::size_t octets) : octets_(std::make_unique_for_overwrite<char[]>(octets)) {}

  // Appends the decoded `text` to octets_. std::nullopt: it is malformed.
  [[nodiscard]] std::optional<std::string_view> decode(std::string_view text);

  // The octets of all fields. It never grows, so no copy stays behind.
  std::unique_ptr<char[]> octets_;
  std::size_t size_ = 0;
  std::vector<Field> fields_;
};

// Whether a Content-Type announces such a form; its parameters do not matter.
[[nodiscard]] bool is_form(std::string_view content_type);

// Encodes `text` as a value in a query or a form.
[[nodiscard]] std::string encode_form_value(std::string_view text);

}  // namespace pollux::http
