// What the labs share: a claim is printed with whether it was seen to hold.
//
//   int main() {
//     shown(calls == 1, "an edge is told once");
//     return verdict();
//   }
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lab {

inline int missing = 0;

// Prints the claim. The handbook's chapter quotes it word for word, and a test compares the two.
inline void shown(bool holds, const char* claim) {
  std::printf("%s: %s\n", holds ? "shown" : "NOT SHOWN", claim);
  if (!holds) ++missing;
}

// For main() to return: 0 if every claim was shown.
inline int verdict() { return missing == 0 ? 0 : 1; }

// For system calls that cannot fail here. Returns `result`.
template <class Result>
Result must(Result result, const char* call) {
  if (result < 0) {
    std::fprintf(stderr, "%s: %s\n", call, std::strerror(errno));
    std::exit(2);
  }
  return result;
}

}  // namespace lab
