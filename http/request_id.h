// The id of a request in logs, by which its lines on several machines are found: the X-Request-ID of a
// trusted proxy, or one made here.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace pollux::http {

// 1 to 128 octets of letters, digits and -._~+/=. Proxies make no others, and these are harmless in a log.
[[nodiscard]] bool is_request_id(std::string_view text);

// Unique on every machine and after every start: a random number of the process and a count.
[[nodiscard]] std::string new_request_id();

}  // namespace pollux::http
