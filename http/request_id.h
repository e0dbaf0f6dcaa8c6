// The name of a request in logs, by which its lines on several machines are found: the X-Request-ID of a
// trusted proxy, or one made here.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace pollux::http {

// 1 to 128 octets of letters, digits and -._~+/=: whatever proxies make, and nothing that could be more.
[[nodiscard]] bool is_request_id(std::string_view text);

// Another one each time, on every machine and after every start: a random number of the process and a count.
[[nodiscard]] std::string new_request_id();

}  // namespace pollux::http
