// A trace for a terminal: a line for each step, and, of HTTP/2, one for each stream of the connection.
//
//   request 1 from 127.0.0.1 (proactor, lt/et): 182.4 us
//          0.0  pollux    epoll_wait  EPOLLIN
//         21.5  pollux    recv       78 octets
//
// Of the io-uring model the first line says (io-uring, by completion), since it has no triggers.
//
// Thread: pure.
#pragma once

#include <string>

#include "base/trace.h"
#include "status/snapshot.h"

namespace pollux::status {

// Whatever clients have sent is escaped.
[[nodiscard]] std::string to_text(const trace::Recording& recording, const Sources& sources);

}  // namespace pollux::status
