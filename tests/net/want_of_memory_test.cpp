// Want of memory while a client is accepted.
#include "tests/want_of_memory.h"

#include <gtest/gtest.h>

#include <new>
#include <variant>

#include "net/admission.h"

namespace pollux::net {
namespace {

TEST(WantOfMemory, AClientThatCannotBeCountedTakesNoPlace) {
  if (!kCanFail) GTEST_SKIP() << "sanitizers have an allocator of their own";
  const SocketAddress peer = SocketAddress::parse("192.0.2.1:80").value();
  for (int allowed = 0; allowed < 3; ++allowed) {
    Admission admission(1, 1);
    bool admitted = false;
    try {
      const Allow so_many(allowed);
      const auto answer = admission.admit(peer);
      admitted = std::holds_alternative<Admission::Place>(answer);
    } catch (const std::bad_alloc&) {
      EXPECT_FALSE(admitted);
    }
    EXPECT_EQ(admission.size(), 0U) << allowed;
    EXPECT_EQ(admission.addresses(), 0U) << allowed;
  }
}

}  // namespace
}  // namespace pollux::net
