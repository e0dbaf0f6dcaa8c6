// A request as it goes over the wire, formatted once.
#pragma once

#include <cstdint>
#include <string>

#include "client/response_parser.h"

namespace pollux::castor {

struct PreparedRequest {
  std::string octets;                // All of it; of HTTP/2, the body.
  std::uint32_t url = 0;             // The URL it asks for, by its place in Options::urls.
  bool head = false;                 // HEAD: responses have no content.
  std::uint32_t weight = 1;          // How often it is sent, beside the others.
  client::HeaderFields fields = {};  // Of HTTP/2: pseudo-fields first, names in lower case.
};

}  // namespace pollux::castor
