// The opening handshake of WebSocket, the server's side (RFC 6455 section 4.2; of HTTP/2: RFC 8441).
//
// Values only; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"
#include "websocket/deflate.h"

namespace pollux::websocket {

// Which pages a browser may come from. Whoever is not a browser sends no Origin, and needs none.
struct OriginPolicy {
  bool any = false;
  std::vector<std::string> origins;  // "https://example.org". Beside them: the site itself, see is_ours.

  // Whether a host, such as "example.org" or "::1", is this server's. Of such a host, pages of the same
  // scheme, host and port are the site itself. A host of others may lead here as well (DNS rebinding).
  std::function<bool(std::string_view host)> is_ours = [](std::string_view /*host*/) { return false; };
};

struct Handshake {
  http::Status status =
      http::Status::kBadRequest;  // 101, of HTTP/2 200; or why not: 400, 403, 405, 426, 501.
  [[nodiscard]] bool done() const {
    return status == http::Status::kSwitchingProtocols || status == http::Status::kOk;
  }
  std::string fields;  // Of the response, each ended by CRLF.
  std::optional<DeflateParameters> deflate;
};

[[nodiscard]] Handshake shake_hands(const http::Request& request, const OriginPolicy& policy, bool deflate);

// Sec-WebSocket-Accept for a key (4.2.2).
[[nodiscard]] std::string accept_key(std::string_view key);

}  // namespace pollux::websocket
