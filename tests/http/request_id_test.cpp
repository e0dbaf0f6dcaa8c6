#include "http/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace pollux::http {
namespace {

TEST(RequestId, IsWhatProxiesMakeAndNothingElse) {
  for (const std::string& good :
       {std::string("1"), std::string("7b3d5a04-1c2e-4c1f-9f7a-0f0e0d0c0b0a"), std::string("QmFzZTY0/+=="),
        std::string("a.b_c~d"), std::string(128, 'x')}) {
    EXPECT_TRUE(is_request_id(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\"b"), std::string("a\nb"),
        std::string("a\0b", 3), std::string("\xC3\xA9"), std::string("{}"), std::string("a,b")}) {
    EXPECT_FALSE(is_request_id(bad)) << bad;
  }
}

TEST(RequestId, IsAnotherOneEachTime) {
  constexpr std::size_t kEach = 1000;
  Mutex mutex;
  std::set<std::string> all;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t j = 0; j < kEach; ++j) {
        const std::string id = new_request_id();
        const MutexLock lock(mutex);
        all.insert(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(all.size(), 4 * kEach);
  EXPECT_TRUE(is_request_id(*all.begin()));
}

}  // namespace
}  // namespace pollux::http
