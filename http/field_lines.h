// The fields of a response: serialised header lines, which can be found, replaced and removed.
//
// They are kept in serialised form ("Name: value\r\n" after each other), because most are only added and
// sent. A look-up scans the lines.
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
  void set(std::string_view name, std::string_view value);  // Replaces all lines of that name.
  void remove(std::string_view name);
  void append(std::string_view lines) { text_ += lines; }  // Each ended by CRLF.

  // The value of the first line of that name. Names are compared as in RFC 9110 5.1.
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
