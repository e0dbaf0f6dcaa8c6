// The Content-Types of a site: those that its configuration names, and for all other files the built-in ones
// (files/mime.h).
//
//   .glb    = model/gltf-binary
//   .tar.gz = application/x-gtar                     counts for site.tar.gz, before .gz does
//   .txt    = text/plain; charset=iso-8859-1         is sent as it is written
//   .tmpl   = text/html                              is text, and so gets "; charset=utf-8"
//
// A file that declares another charset gets no charset=utf-8 (files/declared_charset.h).
//
// The longest extension of a name counts, in any case. An extension needs a name before it: .html is a hidden
// file without an extension, as in the built-in table.
//
// Thread: any. Constant after construction.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::files {

class TypeTable {
 public:
  static constexpr std::size_t kMaxExtension = 64;  // Octets.
  static constexpr std::size_t kMaxType = 255;

  struct Row {
    std::string extension;  // ".tar.gz"
    std::string type;       // "type/subtype", with parameters or without (RFC 9110 8.3.1).
  };

  TypeTable() = default;  // The built-in types only.

  // If two rows have the same extension, the later one counts. REQUIRES: fault_of() finds no fault in any
  // row.
  explicit TypeTable(const std::vector<Row>& rows);

  // The fault of a row, for people; empty: none.
  [[nodiscard]] static std::string_view fault_of(const Row& row);

  // The value of the field. `file_name` may be a path. The view is valid as long as the table.
  [[nodiscard]] std::string_view content_type(std::string_view file_name) const {
    return find(file_name).value;
  }
  // The same for a file whose content begins with `beginning`.
  [[nodiscard]] std::string_view content_type(std::string_view file_name, std::string_view beginning) const;

 private:
  struct Type {
    std::string value;
    bool charset_is_ours;  // We added kCharsetUtf8; the row has no charset.
  };
  struct Found {
    std::string_view value;
    bool charset_is_ours;
  };

  [[nodiscard]] static Type with_charset(const std::string& type);
  [[nodiscard]] Found find(std::string_view file_name) const;

  std::map<std::string, Type, std::less<>> types_;  // By extension, in lower case.
};

}  // namespace pollux::files
