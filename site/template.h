// A text in which ":name" stands for what a pattern captured: a part of a destination, or a field's value.
//
// Names the pattern does not have stay as they are ("https://a.example:8080", "max-age:x"), as at Cloudflare.
// What is put in is percent-encoded, but for the octets the caller keeps: no client can put a line break, a
// quote or a '>' into a field, nor a host into a path.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "site/glob.h"

namespace pollux::site {

// Octets of a client's text that need no encoding in a query, a fragment or a field: unreserved
// (RFC 3986 2.3) and '/'. In a path they are those of http::is_plain_in_path().
[[nodiscard]] bool is_plain_in_value(char c);

class Template {
 public:
  Template() = default;
  Template(std::string_view text, const std::vector<std::string>& names);

  // REQUIRES: captures of all the names that were given.
  [[nodiscard]] std::string expand(const Captures& captures, bool (*keep)(char)) const;

  struct Piece {
    std::string literal;
    std::string name;  // After it. Empty: nothing.
  };
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }

  // How often a client's text is put in. More than kMaxPlaces are for the caller to refuse: each may be as
  // long as a request's line, three times over.
  static constexpr std::size_t kMaxPlaces = 16;
  [[nodiscard]] std::size_t places() const { return pieces_.empty() ? 0 : pieces_.size() - 1; }

 private:
  std::vector<Piece> pieces_;
};

}  // namespace pollux::site
