// The name of a thread in ps(1), debuggers and the status pages.
//
// A thread names itself: naming another one requires writing to /proc, which the server's sandbox forbids.
//
// Thread: any.
#pragma once

#include <pthread.h>

#include <string>

namespace pollux {

// The kernel keeps 15 octets of it.
inline void name_this_thread(const std::string& name) {
  (void)::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace pollux
