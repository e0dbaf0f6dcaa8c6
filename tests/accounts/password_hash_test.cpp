// Hashes against the reference, and the bound on how many are made at a time.
#include "accounts/password_hash.h"

#include <argon2.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace pollux::accounts {
namespace {

constexpr HashParameters kQuick{64, 1, 1};

TimePoint soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

TEST(PasswordHash, TheReferenceAcceptsOurs) {
  for (const HashParameters& parameters : {kQuick, HashParameters{256, 3, 1}, HashParameters{256, 1, 4}}) {
    Hasher hasher(parameters, 1);
    const auto encoded = hasher.hash("correct horse", soon());
    ASSERT_TRUE(encoded);
    EXPECT_EQ(argon2id_verify(encoded->c_str(), "correct horse", 13), ARGON2_OK) << *encoded;
    EXPECT_NE(argon2id_verify(encoded->c_str(), "wrong horse", 11), ARGON2_OK);
  }
}

TEST(PasswordHash, WeAcceptThoseOfTheReference) {
  char encoded[200];
  ASSERT_EQ(argon2id_hash_encoded(2, 128, 2, "correct horse", 13, "0123456789abcdef", 16, 24, encoded,
                                  sizeof encoded),
            ARGON2_OK);
  Hasher hasher(kQuick, 1);
  EXPECT_EQ(hasher.verify(encoded, "correct horse", soon()), Hasher::Verdict::kRight);
  EXPECT_EQ(hasher.verify(encoded, "wrong horse", soon()), Hasher::Verdict::kWrong);
  EXPECT_TRUE(hasher.outdated(encoded));
}

TEST(PasswordHash, TheDefaultIsWhatItsCommentSays) {
  Hasher hasher({}, 1);
  const auto encoded = hasher.hash("correct horse", soon());
  ASSERT_TRUE(encoded);
  EXPECT_TRUE(encoded->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *encoded;
  EXPECT_FALSE(hasher.outdated(*encoded));
  EXPECT_NE(hasher.hash("correct horse", soon()), encoded);  // Another salt.
}

TEST(PasswordHash, WhatIsNoHashIsWrong) {
  Hasher hasher(kQuick, 1);
  for (const char* encoded : {
           "",
           "plaintext",
           "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=,t=1,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=1,p=1$$",
           "$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=4194303,t=1,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=4294967295,p=1$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=1,p=99999999999$c29tZXNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
           "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY$",
           "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY$A",
           "$argon2id$v=19$m=64,t=1,p=1$c29t=XNhbHQxMjM0NTY$AAAAAAAAAAAAAAAAAAAAAA",
       }) {
    EXPECT_EQ(hasher.verify(encoded, "password", soon()), Hasher::Verdict::kWrong) << encoded;
  }
}

TEST(PasswordHash, NobodyIsNeverRight) {
  Hasher hasher(kQuick, 1);
  EXPECT_EQ(hasher.verify_nobody("", soon()), Hasher::Verdict::kWrong);
}

TEST(PasswordHash, WhoHasNoTurnInTimeIsTold) {
  Hasher hasher(kQuick, 1);
  const std::string encoded = hasher.hash("password", soon()).value();
  // Half a second of hashing, during which another one has no time at all.
  Hasher slow({65536, 1, 1}, 1);
  std::atomic<bool> done = false;
  std::thread busy([&] {
    for (int i = 0; i < 10; ++i) (void)slow.hash("password", soon());
    done = true;
  });
  bool refused = false;
  while (!done && !refused)
    refused = slow.verify(encoded, "password", TimePoint::min()) == Hasher::Verdict::kNoTurn;
  busy.join();
  EXPECT_TRUE(refused);
  EXPECT_EQ(slow.verify(encoded, "password", soon()), Hasher::Verdict::kRight);
}

TEST(PasswordHash, ManyAtOnceAllGetTheirTurn) {
  Hasher hasher(kQuick, 2);
  const std::string encoded = hasher.hash("password", soon()).value();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n)
        right += hasher.verify(encoded, "password", soon()) == Hasher::Verdict::kRight;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 16 * 20);
}

}  // namespace
}  // namespace pollux::accounts
