// Who is let in, who is asked, and who has to wait.
#include "site/basic_auth.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "files/file_cache.h"
#include "tests/fake_clock.h"
#include "tests/site/asked.h"
#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

using std::chrono::seconds;

constexpr const char* kUsers =
    "ada:$2y$04$9TGwctHfMnOiwFrzV18xou6XhKko7/ePqrW2.PDSntQAL3OmDr6Cm\n"   // secret
    "ben:$2y$04$VElej1LdP9BUm2C/uKH2Ne6ZTvfixMdDWGZtCCLE9L3.9eLs0mbR2\n";  // a:b c

std::string authorization(std::string_view credentials) {
  return "Authorization: " + basic(credentials) + "\r\n";
}

class BasicAuthTest : public ::testing::Test {
 protected:
  BasicAuthTest() { limits_.failures_per_name = {3, seconds(10)}; }

  BasicAuth& auth() {
    if (!auth_) {
      attempts_.emplace(limits_);
      auth_.emplace(BasicAuth::Options{directory_.write("htpasswd", kUsers), "the \"inner\" room\\"},
                    *attempts_);
    }
    return *auth_;
  }

  Verdict look(const std::string& credentials, const std::string& peer = "192.0.2.7") {
    return auth().look(Asked(authorization(credentials), "GET", peer).request(), clock_.read_steady());
  }
  Verdict verify(const std::string& credentials, const std::string& peer = "192.0.2.7") {
    return auth().verify(Asked(authorization(credentials), "GET", peer).request(), clock_.read_steady());
  }

  AttemptLimits limits_;
  test::TemporaryDirectory directory_;
  test::FakeClock clock_;
  std::optional<Attempts> attempts_;
  std::optional<BasicAuth> auth_;
};

TEST_F(BasicAuthTest, AsksWhoShowsNothing) {
  for (const char* fields : {"", "Authorization: Basic\r\n", "Authorization: Bearer x\r\n"}) {
    const Asked asked(fields);
    for (int i = 0; i < 10; ++i) {  // Not counted as failures.
      EXPECT_EQ(auth().look(asked.request(), clock_.read_steady()), Verdict::kChallenge) << fields;
      EXPECT_EQ(auth().verify(asked.request(), clock_.read_steady()), Verdict::kChallenge) << fields;
    }
  }
  EXPECT_EQ(verify("ada:secret"), Verdict::kAllowed);
}

TEST_F(BasicAuthTest, VerifiesOnceForAWhile) {
  EXPECT_EQ(look("ada:secret"), Verdict::kMustVerify);
  EXPECT_EQ(verify("ada:secret"), Verdict::kAllowed);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(look("ada:secret"), Verdict::kAllowed);
  EXPECT_EQ(look("ada:secre"), Verdict::kMustVerify);
  EXPECT_EQ(look("ben:secret"), Verdict::kMustVerify);
  EXPECT_EQ(look("ada:secret", "192.0.2.8"), Verdict::kMustVerify) << "somebody else";
  clock_.advance(VerifiedLogins::kLifetime);
  EXPECT_EQ(look("ada:secret"), Verdict::kMustVerify);
}

TEST_F(BasicAuthTest, WrongPasswordsAreAskedForAgain) {
  for (const char* credentials : {"ada:Secret", "ben:secret", "cy:secret", ":secret", "ada:"}) {
    EXPECT_EQ(look(credentials), Verdict::kMustVerify) << credentials;
    EXPECT_EQ(verify(credentials), Verdict::kChallenge) << credentials;
    EXPECT_EQ(look(credentials), Verdict::kMustVerify) << credentials;
  }
}

TEST_F(BasicAuthTest, AHashThatCannotBeMadeIsNoFailure) {
  EXPECT_EQ(verify("ada:secret"), Verdict::kAllowed);
  (void)directory_.write("htpasswd", "ada:$y$j75$abc$" + std::string(43, 'x') + "\n");
  clock_.advance(PasswordFile::kFresh);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(verify("ada:secret"), Verdict::kUnavailable);
}

TEST_F(BasicAuthTest, AChangeOfTheFileForgetsWhatWasVerified) {
  EXPECT_EQ(verify("ada:secret"), Verdict::kAllowed);
  (void)directory_.write("htpasswd", "ada:$2y$04$VElej1LdP9BUm2C/uKH2Ne6ZTvfixMdDWGZtCCLE9L3.9eLs0mbR2\n");
  clock_.advance(PasswordFile::kFresh);
  EXPECT_EQ(look("ada:secret"), Verdict::kMustVerify);
  EXPECT_EQ(verify("ada:secret"), Verdict::kChallenge);
  EXPECT_EQ(verify("ada:a:b c"), Verdict::kAllowed);
}

TEST_F(BasicAuthTest, FailuresInANameHaveItWait) {
  EXPECT_EQ(verify("ada:secret", "198.51.100.1"), Verdict::kAllowed);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify(fmt::format("ada:{}", i)), Verdict::kChallenge);
  EXPECT_EQ(look("ada:secret"), Verdict::kThrottled) << "also with the right password";
  EXPECT_EQ(verify("ada:secret"), Verdict::kThrottled);
  EXPECT_EQ(look("ada:secret", "198.51.100.1"), Verdict::kAllowed) << "she was verified there before";
  EXPECT_EQ(verify("ada:secret", "198.51.100.2"), Verdict::kThrottled);
  EXPECT_EQ(verify("ben:a:b c"), Verdict::kAllowed);
  clock_.advance(seconds(10));
  EXPECT_EQ(verify("ada:secret"), Verdict::kAllowed);
}

TEST_F(BasicAuthTest, UnknownNamesWaitLikeKnownOnes) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify("nobody:x"), Verdict::kChallenge);
  EXPECT_EQ(verify("nobody:x"), Verdict::kThrottled);
}

TEST_F(BasicAuthTest, ANeighbourCannotGuessUntilAVerifiedLoginIsHit) {
  limits_.failures_per_address = {20, seconds(10)};
  EXPECT_EQ(verify("ada:secret"), Verdict::kAllowed);
  int guesses = 0;
  while (look("ada:secret") == Verdict::kAllowed && guesses < 1000)
    (void)verify(fmt::format("ada:{}", guesses++));
  EXPECT_EQ(guesses, 20) << "then the whole address waits";
}

TEST_F(BasicAuthTest, AddressesWaitByNetwork) {
  limits_.failures_per_address = {3, seconds(10)};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify(fmt::format("{}:x", i), "2001:db8::1"), Verdict::kChallenge);
  EXPECT_EQ(verify("ada:secret", "2001:db8::2"), Verdict::kThrottled);
  EXPECT_EQ(verify("ada:secret", "2001:db8:0:1::1"), Verdict::kAllowed);
}

TEST_F(BasicAuthTest, Refusals) {
  files::FileCache cache(files::ResourceLoader(directory_.path().string(), {.index = {"index.html"}}), {});
  const http::ErrorPages errors{};
  const Asked asked(authorization("ada:x"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify("ada:x"), Verdict::kChallenge);
  const struct {
    Verdict verdict;
    http::Status status;
    std::string_view field, value;
  } rows[] = {
      {Verdict::kChallenge, http::Status::kUnauthorized, "WWW-Authenticate",
       R"(Basic realm="the \"inner\" room\\", charset="UTF-8")"},
      {Verdict::kThrottled, http::Status::kTooManyRequests, "Retry-After", "10"},
  };
  for (const auto& row : rows) {
    const http::Response response = auth().refuse(row.verdict, asked.request(), errors, clock_.read());
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.find_field(row.field), row.value);
    EXPECT_EQ(response.find_field("Cache-Control"), "no-store");
    EXPECT_TRUE(response.find_field("Content-Length"));
  }
  clock_.advance(seconds(60));
  const http::Response busy = auth().refuse(Verdict::kUnavailable, asked.request(), errors, clock_.read());
  EXPECT_EQ(busy.status, http::Status::kServiceUnavailable);
  EXPECT_EQ(busy.find_field("Retry-After"), "1");
  EXPECT_EQ(busy.find_field("WWW-Authenticate"), std::nullopt);
}

TEST(Realm, IsQuoted) {
  EXPECT_EQ(Realm("").challenge(), R"(Basic realm="", charset="UTF-8")");
  EXPECT_EQ(Realm("B\u00fcro").challenge(), "Basic realm=\"B\u00fcro\", charset=\"UTF-8\"");
  EXPECT_THROW(Realm("a\r\nSet-Cookie: x"), std::runtime_error);
  EXPECT_THROW(Realm(std::string(257, 'x')), std::runtime_error);
}

TEST(PlainAuth, ComparesWithAll) {
  AttemptLimits limits;
  limits.failures_per_name = {3, seconds(10)};
  Attempts attempts(limits);
  PlainAuth auth("site", attempts);
  const std::vector<Credentials> allowed = {{"ada", "secret"}, {"ben", "b:c"}, {"dan", ""}};
  const TimePoint start = TimePoint(seconds(1000));
  const struct {
    const char* credentials;
    int second;
    Verdict verdict;
  } rows[] = {
      {"ada:secret", 0, Verdict::kAllowed},   {"ben:b:c", 0, Verdict::kAllowed},
      {"dan:", 0, Verdict::kAllowed},         {"ada:b:c", 0, Verdict::kChallenge},
      {"ben:secret", 0, Verdict::kChallenge}, {"cy:secret", 0, Verdict::kChallenge},
      {"ada:secre", 0, Verdict::kChallenge},  {"ada:secrets", 0, Verdict::kChallenge},
      {"ada:secret", 0, Verdict::kAllowed},  // As was verified before.
      {"ada:Secret", 0, Verdict::kThrottled}, {"ada:Secret", 10, Verdict::kChallenge},
      {"ada:secret", 400, Verdict::kAllowed},
  };
  for (const auto& row : rows) {
    const Asked asked(authorization(row.credentials));
    EXPECT_EQ(auth.look(asked.request(), allowed, start + seconds(row.second)), row.verdict)
        << row.credentials << " " << row.second;
  }
  EXPECT_EQ(auth.look(Asked("").request(), allowed, start), Verdict::kChallenge);
  EXPECT_EQ(auth.look(Asked(authorization("ada:secret")).request(), {}, start + seconds(400)),
            Verdict::kChallenge)
      << "nobody is allowed any more, whatever was verified";
}

TEST(KeepPrivate, ChangesWhatIsSaidToSharedCaches) {
  const struct {
    const char* given;
    const char* kept;
  } rows[] = {
      {"", "private"},
      {"public, max-age=0, must-revalidate", "private, max-age=0, must-revalidate"},
      {"Public, S-MaxAge=60, max-age=5", "private, max-age=5"},
      {"max-age=31536000, immutable", "private, max-age=31536000, immutable"},
      {"private, max-age=5", "private, max-age=5"},
      {"no-store", "no-store"},
  };
  for (const auto& row : rows) {
    http::Response response;
    const std::string line = fmt::format("Cache-Control: {}\r\n", row.given);
    if (*row.given != '\0') response.prepared = line;
    keep_private(response);
    EXPECT_EQ(response.find_field("Cache-Control"), row.kept) << row.given;
  }
}

// RFC 9213: these go before Cache-Control.
TEST(KeepPrivate, TakesAwayWhatOnlySharedCachesRead) {
  http::Response response;
  response.prepared = "CDN-Cache-Control: max-age=60\r\nCache-Control: private\r\nA: b\r\n";
  keep_private(response);
  EXPECT_FALSE(response.find_field("CDN-Cache-Control"));
  EXPECT_EQ(response.find_field("Cache-Control"), "private");
  EXPECT_EQ(response.find_field("A"), "b");
}

TEST(VerifiedLogins, AreBoundedAndNotMixedUp) {
  VerifiedLogins verified(2);
  const TimePoint start = TimePoint(seconds(1000));
  verified.remember({"c", "ab", "cd", 1}, start);
  EXPECT_TRUE(verified.has({"c", "ab", "cd", 1}, start));
  const Login others[] = {
      {"ca", "b", "cd", 1}, {"c", "abc", "d", 1}, {"c", "ab", "cd", 2}, {"", "cab", "cd", 1}};
  for (const Login& other : others) EXPECT_FALSE(verified.has(other, start)) << other.user;
  verified.remember({"c", "ben", "x", 1}, start + seconds(1));
  verified.remember({"c", "cy", "x", 1}, start + seconds(2));
  EXPECT_EQ(verified.size(), 2U);
  EXPECT_FALSE(verified.has({"c", "ab", "cd", 1}, start + seconds(2))) << "the oldest made room";
  EXPECT_TRUE(verified.has({"c", "ben", "x", 1}, start + seconds(2)));
  verified.remember({"c", "dan", "x", 1}, start + seconds(1000));
  EXPECT_EQ(verified.size(), 1U) << "what has expired is gone";
}

}  // namespace
}  // namespace pollux::site
