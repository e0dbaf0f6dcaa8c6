// Decides whether a connection is kept after the answer to a request (RFC 9112 9.3).
//
// This version has TinyWebServer's rule: the connection is kept if the Connection field is "keep-alive". Most
// clients of today say nothing at all, and some say "keep-alive, Upgrade". Mend keep_alive() so that
//
//   - HTTP/1.1 keeps the connection, HTTP/1.0 does not, unless the client says otherwise by an option;
//   - options stand in a list: separated by commas, with spaces or tabs around them, in any case, some of
//     them empty, in one Connection field or in several;
//   - "close" makes an end in any case, also beside "keep-alive"; what only looks like it ("closed") does
//     not;
//   - after a request whose end is not known nothing can follow: the connection ends;
//   - the last of `max_requests` requests ends it, too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct Request {
  int minor_version = 1;                // Of HTTP/1.
  std::vector<std::string> connection;  // The values of its Connection fields.
  bool end_known = true;                // The end of its body was found.
};

// `served`: requests on this connection, with this one.
inline bool keep_alive(const Request& request, unsigned served, unsigned max_requests) {
  (void)served, (void)max_requests;
  return !request.connection.empty() && request.connection.front() == "keep-alive";
}
