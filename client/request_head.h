// The head of a request, as either HTTP has it.
//
// Pure functions of values; any thread. REQUIRES, of exchanges: check() found nothing.
#pragma once

#include <string>

#include "client/exchange.h"

namespace pollux::client {

// The octets of all of it, the body included unless a source makes it (RFC 9112).
[[nodiscard]] std::string format_request(const Exchange& exchange);

// Pseudo-fields first, names in lower case, without what speaks of one connection only (RFC 9113 8.2, 8.3.1).
// A Host field becomes :authority.
[[nodiscard]] HeaderFields http2_fields(const Exchange& exchange);

// Fields of HTTP/1.1 that speak of one connection, which HTTP/2 has not (RFC 9113 8.2.2).
[[nodiscard]] bool is_of_connection(const HeaderField& field);

// Whether after a request with these fields the connection must not be used again, whatever the server says
// (RFC 9112 9.6).
[[nodiscard]] bool asks_to_close(const HeaderFields& fields);

}  // namespace pollux::client
