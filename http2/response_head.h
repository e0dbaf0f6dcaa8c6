// The head of a response as HTTP/2 sends it: ":status", then fields (RFC 9113 8.3.2).
//
// Thread: none of its own.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/response.h"

namespace pollux::http2 {

class ResponseHead {
 public:
  // `date`: for the Date field. `common`: header lines that every response has, each ended by CRLF. What
  // speaks of a connection of HTTP/1.1 is left out (8.2.2). All of them must outlive this.
  ResponseHead(const http::Response& response, std::string_view date, std::string_view common);
  // An interim response, such as 100.
  explicit ResponseHead(http::Status status);

  // To be passed to nghttp2, which copies them, with names in lower case.
  [[nodiscard]] const std::vector<nghttp2_nv>& fields() const { return fields_; }

 private:
  void add(std::string_view name, std::string_view value);
  void add_lines(std::string_view lines);

  std::string status_;
  std::vector<nghttp2_nv> fields_;
};

}  // namespace pollux::http2
