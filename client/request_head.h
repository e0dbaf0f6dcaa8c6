// The head of a request, for both versions of HTTP.
//
// Pure functions of values; any thread. REQUIRES for exchanges: check() found no error.
#pragma once

#include <string>

#include "client/exchange.h"

namespace pollux::client {

// The serialised request, with the body unless a source makes it (RFC 9112).
[[nodiscard]] std::string format_request(const Exchange& exchange);

// Pseudo-fields first, names in lower case, without connection-specific fields (RFC 9113 8.2, 8.3.1). A Host
// field becomes :authority.
[[nodiscard]] HeaderFields http2_fields(const Exchange& exchange);

// Whether it is a connection-specific HTTP/1.1 field, which HTTP/2 must not have (RFC 9113 8.2.2).
[[nodiscard]] bool is_of_connection(const HeaderField& field);

// Whether a request with these fields must be the last one on its connection, whatever the server says (RFC
// 9112 9.6).
[[nodiscard]] bool asks_to_close(const HeaderFields& fields);

}  // namespace pollux::client
