// Hashes against the reference.
#include "accounts/password_hash.h"

#include <argon2.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace pollux::accounts {
namespace {

constexpr HashParameters kQuick{64, 1, 1};

TEST(PasswordHash, TheReferenceAcceptsOurs) {
  for (const HashParameters& parameters : {kQuick, HashParameters{256, 3, 1}, HashParameters{256, 1, 4}}) {
    const Hasher hasher(parameters);
    const auto encoded = hasher.hash("correct horse");
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
  const Hasher hasher(kQuick);
  EXPECT_EQ(hasher.verify(encoded, "correct horse"), Hasher::Verdict::kRight);
  EXPECT_EQ(hasher.verify(encoded, "wrong horse"), Hasher::Verdict::kWrong);
  EXPECT_TRUE(hasher.outdated(encoded));
}

TEST(PasswordHash, TheDefaultIsWhatItsCommentSays) {
  const Hasher hasher(HashParameters{});
  const auto encoded = hasher.hash("correct horse");
  ASSERT_TRUE(encoded);
  EXPECT_TRUE(encoded->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *encoded;
  EXPECT_FALSE(hasher.outdated(*encoded));
  EXPECT_NE(hasher.hash("correct horse"), encoded);  // Another salt.
}

TEST(PasswordHash, WhatIsNoHashIsWrong) {
  const Hasher hasher(kQuick);
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
    EXPECT_EQ(hasher.verify(encoded, "password"), Hasher::Verdict::kWrong) << encoded;
  }
}

TEST(PasswordHash, NobodyIsNeverRight) {
  const Hasher hasher(kQuick);
  EXPECT_EQ(hasher.verify_nobody(""), Hasher::Verdict::kWrong);
}

TEST(PasswordHash, WithoutMemoryItSaysSo) {
  bool memory = true;
  const Hasher hasher(kQuick, [&](std::string_view password, const std::string& salt, std::size_t size,
                                  const HashParameters& parameters) {
    return memory ? argon2id(password, salt, size, parameters) : std::nullopt;
  });
  const std::string encoded = hasher.hash("password").value();
  memory = false;
  EXPECT_FALSE(hasher.hash("password"));
  EXPECT_EQ(hasher.verify(encoded, "password"), Hasher::Verdict::kNoMemory);
  EXPECT_EQ(hasher.verify_nobody("password"), Hasher::Verdict::kNoMemory);
}

}  // namespace
}  // namespace pollux::accounts
