// What a request is called in logs, so that the lines about it on several machines can be found: the
// X-Request-ID that a trusted proxy has given it, or one made here.
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
