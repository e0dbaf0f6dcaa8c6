// One request on a connection that carries several (HTTP/2).
#pragma once

#include <cstdint>

#include "castor/pending_request.h"
#include "castor/prepared_request.h"

namespace pollux::castor {

struct RequestStream {
  PendingRequest request;
  const PreparedRequest* asks = nullptr;
  std::uint64_t number = 0;  // In the order in which requests were taken.
  std::int32_t id = 0;       // 0: it waits.
  int status = 0;            // 0: no head has come.
  std::uint64_t octets = 0;  // Of content, as far as it came.
  std::size_t body_sent = 0;
  std::uint8_t repeats = 0;
  bool in_use = false;
  bool begun = false;  // Octets of the response have come.
  bool reset = false;  // By the server.
};

}  // namespace pollux::castor
