// A request as it goes over the wire, formatted once.
#pragma once

#include <cstdint>
#include <string>

namespace pollux::castor {

struct PreparedRequest {
  std::string octets;
  std::uint32_t url = 0;  // The URL it asks for, by its place in Options::urls.
};

}  // namespace pollux::castor
