// One request on a connection that carries several (HTTP/2).
#pragma once

#include <cstdint>

#include "castor/pending_request.h"
#include "client/http2_frames.h"

namespace pollux::castor {

struct RequestStream : client::Http2Frames::Stream {
  PendingRequest request;
  std::uint64_t number = 0;  // In the order in which requests were taken.
  std::uint8_t repeats = 0;
  bool in_use = false;
};

}  // namespace pollux::castor
