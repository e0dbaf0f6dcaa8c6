// Password files: what htpasswd(1) writes is understood, and what is wrong is named.
#include "site/htpasswd.h"

#include <crypt.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "site/crypt_hash.h"

namespace pollux::site {
namespace {

std::optional<bool> verify(const Htpasswd& users, const std::string& user, const std::string& password) {
  return users.verify(user, password.c_str());
}

TEST(Htpasswd, VerifiesWhatItsProgramWrites) {
  const struct {
    const char* line;
    const char* password;
  } rows[] = {
      // htpasswd -nbB, -C 5, -C 4, -5, -5 -r 1000, -2
      {"ada:$2y$05$0grWw3ZtMoBiQCY0MTXZbulafMbEQU02Bwt2hc0koiXT6JryknFty", "secret"},
      {"ada:$2y$05$uAmDMCMTack4ptKV/9XOrOpSG6IITvhP31C/LwW663QivcInN888a", "Passw\u00f6rd"},
      {"ada:$2y$04$VElej1LdP9BUm2C/uKH2Ne6ZTvfixMdDWGZtCCLE9L3.9eLs0mbR2", "a:b c"},
      {"ada:$6$oPKLXuyV4HbvfpFW$SaQBMb8B0jCrZ3HFU830iwJSvp9LvxMkhcES0SxJMkDvzqqQI6ZP/"
       "yEHkmGJ0ASJY977p77FkOwWnP"
       "9gQju861",
       "secret"},
      {"ada:$6$rounds=1000$PVopvF27Mi9xGJbz$Jy9Ts5M.8IN/"
       "7stmgbpmMogakShmFpqNEyJrEidvwBLR8Wv1hyGxoYG3.hg3uV4NKMgP8jN1wV5i/W2dYg7.Z1",
       "secret"},
      {"ada:$5$pKq1hfqEIdZ2DILM$GCGVH3RQ44O7Ww2GFx9voZo63H3jhFRYVxa.fAaWqfC", "secret"},
      // crypt(3)
      {"ada:$2b$05$M0UZ/Pw5/iElNq0HUEMQyuUreD/C7U8jdDPUet8CtrXlEzIAHDM9a", "secret"},
      {"ada:$2a$05$mzqhCViieC5s64N1MAFgbuMGaCaPfhFZptudXjWfmbASVmYVaA6ky", "secret"},
      {"ada:$y$j75$Q.W0Bjtfivr8yihpqBYxk.$z7L4TWTceACAZHbu/MhEvJphYgxfLhMeqCbU6QXywX1", "secret"},
      {"ada:$gy$j9T$ItFvyN4U5XW8DlruxHB0f0$zmur5gRmeSF71gE4VwVdpNwrCH8h.Gxscvii/PZsg13", "secret"},
  };
  for (const auto& row : rows) {
    const HtpasswdFile file = Htpasswd::parse(row.line);
    ASSERT_TRUE(file.errors.empty()) << row.line << ": " << file.errors[0].message;
    EXPECT_EQ(verify(file.users, "ada", row.password), true) << row.line;
    EXPECT_EQ(verify(file.users, "ada", std::string(row.password) + "x"), false) << row.line;
    EXPECT_EQ(verify(file.users, "Ada", row.password), false) << row.line;
  }
}

TEST(Htpasswd, VerifiesWhatCryptMakes) {
  for (const char* prefix : {"$2b$", "$2y$", "$2a$", "$5$", "$6$", "$y$", "$gy$"}) {
    const unsigned long cost = std::string_view(prefix).ends_with("y$") && prefix[1] != '2' ? 1 : 4;
    crypt_data work{};
    const std::string hash = ::crypt_r("p\u00e4ss", ::crypt_gensalt(prefix, cost, nullptr, 0), &work);
    EXPECT_EQ(problem_of_hash(hash), "") << hash;
    EXPECT_EQ(verify_hash("p\u00e4ss", hash), true) << hash;
    EXPECT_EQ(verify_hash("pass", hash), false) << hash;
  }
}

constexpr std::string_view kHash = "$2y$04$9TGwctHfMnOiwFrzV18xou6XhKko7/ePqrW2.PDSntQAL3OmDr6Cm";  // secret

TEST(Htpasswd, RefusesWeakCostlyAndDamagedHashes) {
  const std::string digest43(43, 'x');
  const std::string digest53(53, 'x');
  const std::string digest86(86, 'x');
  const struct {
    std::string hash;
    std::string_view problem;  // A part of it; empty: none.
  } rows[] = {
      {"$apr1$0xQvKFKz$eKfGNECzyUG4ccCQfdJ0A1", "Apache's MD5"},
      {"$1$abcdefgh$AAAAAAAAAAAAAAAAAAAAAA", "MD5 is too weak"},
      {"$md5,rounds=904$x$$AAAAAAAAAAAAAAAAAAAAAA", "Sun's MD5"},
      {"$3$$8846f7eaee8fb117ad06bdd830b7586c", "NT hash"},
      {"$sha1$1000$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "SHA-1"},
      {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "SHA-1 without a salt"},
      {"{SSHA}AAAA", "SHA-1"},
      {"AmeCed6yU1nOk", "DES"},
      {"_J9..CCCCXBrJUJV154M", "DES"},
      {"secret", "no hash"},
      {"", "no hash"},
      {"*", "no hash"},
      {"!$6$abc$" + digest86, "no hash"},
      {"$2x$05$" + digest53, "broken"},
      {"$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA", "does not know"},
      {"$scrypt$x", "does not know"},
      {"$", "does not know"},
      {"$2y$14$" + digest53, ""},
      {"$2y$15$" + digest53, "too long"},
      {"$2y$99$" + digest53, "too long"},
      {"$2y$05$" + digest53.substr(1), "damaged"},
      {"$2y$05$" + digest53 + "x", "damaged"},
      {"$2y$03$" + digest53, "damaged"},
      {"$6$rounds=999$abc$" + digest86, "damaged"},
      {"$2y$5$" + digest53, "damaged"},
      {"$2y$-5$" + digest53, "damaged"},
      {"$2y$05$" + digest53.substr(1) + "=", "damaged"},
      {"$2y$" + digest53, "damaged"},
      {"$2y$", "damaged"},
      {"$5$" + digest43, "damaged"},
      {"$5$abc$" + digest43, ""},
      {"$5$rounds=1000000$abc$" + digest43, ""},
      {"$5$rounds=1000001$abc$" + digest43, "too long"},
      {"$6$rounds=99999999999999999999$abc$" + digest86, "too long"},
      {"$6$rounds=$abc$" + digest86, "damaged"},
      {"$6$rounds=1000$a\x01"
       "c$" +
           digest86,
       "damaged"},
      {"$6$abc$" + digest43, "damaged"},
      {"$y$j9T$abc$" + digest43, ""},
      {"$y$jCT$abc$" + digest43, ""},
      {"$y$jDT$abc$" + digest43, "too long"},
      {"$y$j9z$abc$" + digest43, "damaged"},
      {"$y$j9T2$abc$" + digest43, "damaged"},
      {"$gy$jzT$abc$" + digest43, "too long"},
      {"$7$CU..../....abc$" + digest43, ""},
      {"$7$CU..../.....rjlswghVBax65klwd4lX/$7jcqMeo/fW2TOAhr1v3iLRAYWNW7gi/DAQt9Ctctkj7", ""},
      {"$7$DU..../....abc$" + digest43, "too long"},
      {"$7$CzzzzzzzzzzAbc$" + digest43, "damaged"},
  };
  for (const auto& row : rows) {
    const std::string_view problem = problem_of_hash(row.hash);
    EXPECT_EQ(problem.empty(), row.problem.empty()) << row.hash << ": " << problem;
    EXPECT_NE(problem.find(row.problem), std::string_view::npos) << row.hash << ": " << problem;
  }
}

TEST(Htpasswd, BadLinesAreNamedAndTheOthersWork) {
  const std::string hash(kHash);
  const std::string text = "\xEF\xBB\xBF# users\r\n\r\nada:" + hash + "\r\n" +                     // 3
                           "secret\n" +                                                            // 4
                           ":" + hash + "\n" +                                                     // 5
                           "ben:secret\n" +                                                        // 6
                           "ada:$2y$04$VElej1LdP9BUm2C/uKH2Ne6ZTvfixMdDWGZtCCLE9L3.9eLs0mbR2\n" +  // 7
                           std::string(256, 'x') + ":" + hash + "\n" +                             // 8
                           "c\x07:" + hash + "\n" +                                                // 9
                           "dan:" + hash + ":Dan, of the press\n" +                                // 10
                           std::string(9000, 'x') + "\n" +                                         // 11
                           "  eve:" + hash + " \t\n" +                                             // 12
                           "fay:\n" +                                                              // 13
                           "G\u00fcnther:" + hash;                                                 // 14
  const HtpasswdFile file = Htpasswd::parse(text);
  std::string errors;
  for (const RuleError& error : file.errors) errors += fmt::format("{}: {}\n", error.line, error.message);
  EXPECT_EQ(errors,
            "4: the line is not of the form user:hash\n"
            "5: there is no name in front of the colon\n"
            "6: \"ben\": it is no hash, or one of DES, which is too weak; use htpasswd -B\n"
            "7: \"ada\" is there already; the first line counts\n"
            "8: the name is longer than 255 octets\n"
            "9: there is a control character in the line\n"
            "11: the line is longer than 8192 octets\n"
            "13: \"fay\": it is no hash, or one of DES, which is too weak; use htpasswd -B\n");
  EXPECT_EQ(file.users.size(), 4U);
  for (const char* user : {"ada", "dan", "eve", "G\u00fcnther"})
    EXPECT_EQ(verify(file.users, user, "secret"), true) << user;
  for (const char* user : {"ben", "", "fay", "secret"}) EXPECT_EQ(verify(file.users, user, "secret"), false);
}

TEST(Htpasswd, IsBounded) {
  std::string text;
  for (int i = 0; i < 10'001; ++i) text += fmt::format("{}:{}\n", i, kHash);
  const HtpasswdFile many = Htpasswd::parse(text);
  EXPECT_EQ(many.users.size(), 10'000U);
  ASSERT_EQ(many.errors.size(), 1U);
  EXPECT_EQ(many.errors[0].line, 10'001);
  const HtpasswdFile large =
      Htpasswd::parse("ada:" + std::string(kHash) + "\n#" + std::string(kMaxFileOctets, 'x'));
  EXPECT_EQ(large.users.size(), 0U);
  ASSERT_EQ(large.errors.size(), 1U);
  EXPECT_EQ(large.errors[0].line, 0);
}

TEST(Htpasswd, DamagedSaltsAreNobodysPassword) {
  const std::string hash = "$y$j75$abc$" + std::string(43, 'x');
  EXPECT_EQ(problem_of_hash(hash), "");
  EXPECT_EQ(verify(Htpasswd::parse("ada:" + hash).users, "ada", "secret"), std::nullopt);
}

// Not measured, which would be a matter of luck: an unknown user's password goes through crypt(3), too, and
// one that is right for another user is still wrong.
TEST(Htpasswd, UnknownUsersHaveNoPassword) {
  const HtpasswdFile file = Htpasswd::parse("ada:" + std::string(kHash));
  EXPECT_EQ(verify(file.users, "ben", "secret"), false);
  EXPECT_EQ(verify(Htpasswd(), "ben", "secret"), false);
}

}  // namespace
}  // namespace pollux::site
