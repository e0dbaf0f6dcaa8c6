// The choice of a content coding for a response (RFC 9110 12.5.3).
//
//   Accept-Encoding: gzip;q=0.5, br;q=0.8, *;q=0
//
// The available coding with the highest weight wins; among equals, the order is br, zstd, gzip, identity.
//  - "*" stands for every coding that is not named, identity included.
//  - identity (the content as it is) that is neither named nor matched by "*" is acceptable, but comes after
//    every coding that is.
//  - x-gzip is gzip (8.4.1.3).
//  - A coding that is named several times has the lowest of its weights, so a refusal is a refusal, and the
//    order of the elements means nothing.
//  - An element that does not follow the grammar is ignored.
//  - Without the field, or when it is empty, identity alone is acceptable. (RFC 9110 would allow any coding
//    without the field, but a client that does not send it seldom has a decoder.)
//
// The intended use: one AcceptEncoding per request for a file that could have variants. choose() among the
// codings that we can make says which variant to make (compress/compressor.h); choose() among the existing
// ones says which to send. Every response for such a file, 304 and 206 included, has Vary: Accept-Encoding,
// whatever the choice.
//
// Reading takes time in proportion to the value, however many elements it has, and no memory.
//
// Thread: any; constant after construction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "compress/coding.h"

namespace pollux::http {

class AcceptEncoding {
 public:
  // `value`: the field's, with all lines of that name joined by commas; empty: there is no such field.
  explicit AcceptEncoding(std::string_view value);

  // identity is always available. std::nullopt: none is acceptable.
  [[nodiscard]] std::optional<compress::Coding> choose(compress::Codings available) const;

 private:
  // 0: refused. 1: identity, if the field does not mention it. 2 to 1001: q=0.001 to q=1.
  using Weight = std::uint16_t;

  void name(std::string_view coding, Weight weight);
  [[nodiscard]] Weight weight_of(compress::Coding coding) const;
  [[nodiscard]] static std::optional<Weight> parse_weight(std::string_view text);

  std::array<std::optional<Weight>, compress::kCodings.size()> named_;
  std::optional<Weight> any_;  // Of "*".
};

}  // namespace pollux::http
