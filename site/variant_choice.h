// The choice of a file's variant for a request (RFC 9110 12.5.3), and of the variants worth making.
//
// The first visitor gets the plain file at once; the preferred variant is made in the background, for later
// visitors.
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
  // `compressor`: nullptr: no variants are made. Must outlive the object.
  explicit VariantChoice(compress::Compressor* compressor) : compressor_(compressor) {}

  // The file itself or a variant of it. std::nullopt: no existing one is acceptable (406).
  [[nodiscard]] std::optional<files::Representation> choose(
      const http::Request& request, std::shared_ptr<const files::Resource> file) const;

 private:
  void have_made(compress::Coding coding, const std::shared_ptr<const files::Resource>& file) const;

  compress::Compressor* const compressor_;
};

}  // namespace pollux::site
