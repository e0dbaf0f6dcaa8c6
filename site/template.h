// A text in which ":name" stands for a capture of a pattern: a part of a destination, or a field's value.
//
// Names that the pattern does not have stay unchanged ("https://a.example:8080", "max-age:x"), as at
// Cloudflare. Inserted text is percent-encoded, except for the octets that the caller keeps: no client can
// put a line break, a quote or a '>' into a field, nor a host into a path.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site/glob.h"

namespace pollux::site {

// Octets of a client's text that need no encoding in a query, a fragment or a field: unreserved (RFC 3986
// 2.3) and '/'. For a path, see http::is_plain_in_path().
[[nodiscard]] bool is_plain_in_value(char c);

class Template {
 public:
  Template() = default;
  Template(std::string_view text, const std::vector<std::string>& names);

  // REQUIRES: `captures` has all names that were given.
  [[nodiscard]] std::string expand(const Captures& captures, bool (*keep)(char)) const;

  struct Piece {
    std::string literal;
    std::string name;  // After the literal. Empty: none.
  };
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }

  // Maximum of insertions of a client's text, which the caller enforces: each may be three times as long as a
  // request line.
  static constexpr std::size_t kMaxPlaces = 16;
  [[nodiscard]] std::size_t places() const { return pieces_.empty() ? 0 : pieces_.size() - 1; }

 private:
  std::vector<Piece> pieces_;
};

}  // namespace pollux::site
