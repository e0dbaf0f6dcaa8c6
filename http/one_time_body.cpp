#include "http/one_time_body.h"

#include <optional>
#include <string_view>
#include <utility>

#include "compress/compress.h"
#include "http/accept_encoding.h"

namespace pollux::http {

void set_one_time_body(Response& response, const Request& request, std::string body) {
  using compress::Coding;
  std::string storage;
  const AcceptEncoding accept(request.fields->find_list(FieldId::kAcceptEncoding, storage).value_or(""));
  const Coding coding =
      accept.choose({Coding::kBrotli, Coding::kZstd, Coding::kGzip}).value_or(Coding::kIdentity);
  if (coding != Coding::kIdentity) {
    if (auto compressed = compress::compress_once(coding, body)) {
      body = std::move(*compressed);
      response.add_field("Content-Encoding", name_of(coding));
    }
  }
  response.body = std::move(body);
  response.add_field("Vary", "Accept-Encoding");
  response.add_content_length();
}

}  // namespace pollux::http
