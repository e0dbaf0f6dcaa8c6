// Tokens, and what the database knows them by.
#include "accounts/token.h"

#include <gtest/gtest.h>

#include <set>

#include "base/base64.h"

namespace pollux::accounts {
namespace {

TEST(Token, IsRandomAndFitsACookie) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = new_token();
    EXPECT_EQ(token.size(), kTokenCharacters);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(token_hash(token).value().size(), 32U);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 1000U);
}

TEST(Token, HashIsSha256OfItsOctets) {
  // printf '\0%.0s' {1..32} | sha256sum
  const std::string hash = token_hash(std::string(43, 'A')).value();
  EXPECT_EQ(base64_encode(hash, Alphabet::kStandard), "Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU");
}

TEST(Token, WhatIsNone) {
  const std::string good = new_token();
  for (const std::string& text :
       {std::string(), good.substr(1), good + "A", std::string(43, '+'), std::string(43, '\0'),
        std::string(42, 'A') + "B", std::string(100'000, 'A')}) {
    EXPECT_FALSE(token_hash(text)) << text.substr(0, 50);
  }
}

}  // namespace
}  // namespace pollux::accounts
