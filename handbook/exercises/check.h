// What the tests of the exercises share.
//
//   int main() {
//     CHECK_EQ(parse("1"), 1);
//     return verdict();
//   }
#pragma once

#include <cstdio>
#include <sstream>

namespace exercise {

inline int failed = 0;

template <class Left, class Right>
void check_equal(const Left& left, const Right& right, const char* what, int line) {
  if (left == right) return;
  std::ostringstream message;
  message << what << " is " << left << ", not " << right;
  std::printf("line %d: %s\n", line, message.str().c_str());
  ++failed;
}

inline void check(bool holds, const char* what, int line) {
  if (holds) return;
  std::printf("line %d: %s does not hold\n", line, what);
  ++failed;
}

// For main() to return.
inline int verdict() {
  std::printf(failed == 0 ? "solved\n" : "not solved: %d checks fail\n", failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace exercise

#define CHECK_EQ(left, right) ::exercise::check_equal((left), (right), #left, __LINE__)
#define CHECK(condition) ::exercise::check((condition), #condition, __LINE__)
