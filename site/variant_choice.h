// The choice of a variant of a file for a request (RFC 9110 12.5.3), and of those worth making.
//
// The first visitor gets the plain file at once; what they would have liked better is made in the background,
// for those who come later.
//
// Thread: any. Constant after construction.
#pragma once

#include <memory>
#include <optional>

#include "compress/compressor.h"
#include "files/file_answers.h"
#include "http/accept_encoding.h"
#include "http/request.h"

namespace pollux::site {

class VariantChoice {
 public:
  // `compressor`: nullptr: none are made. Must outlive this.
  explicit VariantChoice(compress::Compressor* compressor) : compressor_(compressor) {}

  // The file itself or a variant of it. std::nullopt: none that there is will do (406).
  [[nodiscard]] std::optional<files::Representation> choose(
      const http::Request& request, std::shared_ptr<const files::Resource> file) const;

 private:
  void have_made(compress::Coding coding, const std::shared_ptr<const files::Resource>& file) const;

  compress::Compressor* const compressor_;
};

}  // namespace pollux::site
