// The fields of a response: header lines ready to be sent, which can be looked at, replaced and removed.
//
// Kept in serialised form ("Name: value\r\n" after each other), because most are only added and sent. To look
// one up is to read through the lines.
//
// Thread: none of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pollux::http {

class FieldLines {
 public:
  // REQUIRES: neither holds CR, LF or NUL.
  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // Instead of all lines of that name.
  void remove(std::string_view name);
  void append(std::string_view lines) { text_ += lines; }  // Each ended by CRLF.

  // The value of the first line of that name; names are compared as RFC 9110 5.1 says.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    return find_in(text_, name);
  }
  [[nodiscard]] static std::optional<std::string_view> find_in(std::string_view lines, std::string_view name);

  [[nodiscard]] const std::string& text() const { return text_; }

  // Takes the first line off `lines`: its name and value. REQUIRES: not empty.
  static std::pair<std::string_view, std::string_view> take_line(std::string_view& lines);

 private:
  std::string text_;
};

}  // namespace pollux::http
