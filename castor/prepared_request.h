// A request as it is sent, formatted once.
#pragma once

#include <cstdint>
#include <string>

#include "client/response_parser.h"

namespace pollux::castor {

struct PreparedRequest {
  std::string octets;                // All of it; with HTTP/2, only the body.
  std::uint32_t url = 0;             // Index of its URL in Options::urls.
  bool head = false;                 // HEAD: responses have no content.
  std::uint32_t weight = 1;          // How often it is sent, relative to the rest.
  client::HeaderFields fields = {};  // For HTTP/2: pseudo-fields first, names in lower case.
};

}  // namespace pollux::castor
