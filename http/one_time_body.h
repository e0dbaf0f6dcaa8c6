// Bodies that are made for one response, such as a directory listing. They are compressed at once, with the
// lowest effort, if the client accepts a coding.
//
// Not for a body that contains both a secret and octets of the client's choice: its length would reveal the
// secret (BREACH).
//
// Thread: any. Takes processor time in proportion to the length: about 5 ms for 1 MB.
#pragma once

#include <string>

#include "http/request.h"
#include "http/response.h"

namespace pollux::http {

// Sets the body and adds Content-Length, Vary: Accept-Encoding and, if it is compressed, Content-Encoding.
void set_one_time_body(Response& response, const Request& request, std::string body);

}  // namespace pollux::http
