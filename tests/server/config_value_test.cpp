// Single values: text in, value or complaint out; and the suggestions for words that are none.
#include "server/config/config_value.h"

#include <gtest/gtest.h>

#include "server/config/suggest.h"

namespace pollux::server {
namespace {

using std::chrono::milliseconds;

// What `parse` makes of the text, or the message of its complaint.
template <typename Parse>
std::string outcome(std::string_view text, Parse parse) {
  try {
    return parse(text);
  } catch (const BadValue& error) {
    return error.what();
  }
}

// ---- Values ----

struct ValueCase {
  const char* text;
  const char* expected;
};

TEST(ConfigValue, Numbers) {
  const ValueCase cases[] = {
      {"1", "1"},
      {"100", "100"},
      {"007", "7"},
      {"0", "\"0\" is not within 1 to 100"},
      {"101", "\"101\" is not within 1 to 100"},
      {"18446744073709551615", "\"18446744073709551615\" is not within 1 to 100"},
      {"18446744073709551617", "\"18446744073709551617\" is not within 1 to 100"},
      {"99999999999999999999999999", "\"99999999999999999999999999\" is not within 1 to 100"},
      {"-1", "\"-1\" is not a number"},
      {"+1", "\"+1\" is not a number"},
      {"1.0", "\"1.0\" is not a number"},
      {"0x10", "\"0x10\" is not a number"},
      {"1 ", "\"1 \" is not a number"},
      {"", "\"\" is not a number"},
      {"\x1b[2J", "\"\\x1b[2J\" is not a number"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(outcome(text, [](std::string_view t) { return std::to_string(parse_number(t, 1, 100)); }),
              expected)
        << text;
  }
}

TEST(ConfigValue, Sizes) {
  const std::string not_a_size = " is not a size (as 512, 8k, 1m or 2g)";
  const std::pair<std::string, std::string> cases[] = {
      {"64", "64"},
      {"8k", "8192"},
      {"8K", "8192"},
      {"1m", "1048576"},
      {"2G", "2147483648"},
      {"63", "\"63\" is not within 64 to 2g"},
      {"3g", "\"3g\" is not within 64 to 2g"},
      {"17179869184g", "\"17179869184g\" is not within 64 to 2g"},  // 2^64: would wrap to 0
      {"99999999999999999999k", "\"99999999999999999999k\" is not within 64 to 2g"},
      {"8kb", "\"8kb\"" + not_a_size},
      {"8 k", "\"8 k\"" + not_a_size},
      {"1.5m", "\"1.5m\"" + not_a_size},
      {"-1k", "\"-1k\"" + not_a_size},
      {"k", "\"k\"" + not_a_size},
      {"", "\"\"" + not_a_size},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(outcome(text, [](std::string_view t) { return std::to_string(parse_size(t, 64, 2ULL << 30)); }),
              expected)
        << text;
  }
}

TEST(ConfigValue, Durations) {
  const std::string not_a_time = " is not a time (as 500ms, 15s, 2m, 1h or 30d)";
  const std::pair<std::string, std::string> cases[] = {
      {"1ms", "1"},
      {"15", "15000"},
      {"15s", "15000"},
      {"2m", "120000"},
      {"24h", "86400000"},
      {"1H", "3600000"},
      {"0", "\"0\" is not within 1ms to 24h"},
      {"25h", "\"25h\" is not within 1ms to 24h"},
      {"5124095576030432h", "\"5124095576030432h\" is not within 1ms to 24h"},
      {"1.5s", "\"1.5s\"" + not_a_time},
      {"-1s", "\"-1s\"" + not_a_time},
      {"5 s", "\"5 s\"" + not_a_time},
      {"1d", "86400000"},
      {"2d", "\"2d\" is not within 1ms to 24h"},
      {"1w", "\"1w\" is not within 1ms to 24h"},
      {"1y", "\"1y\" is not within 1ms to 24h"},
      {"5x", "\"5x\"" + not_a_time},
      {"ms", "\"ms\"" + not_a_time},
  };
  for (const auto& [text, expected] : cases) {
    const auto parse = [](std::string_view t) {
      return std::to_string(parse_duration(t, milliseconds(1), std::chrono::hours(24)).count());
    };
    EXPECT_EQ(outcome(text, parse), expected) << text;
  }
}

TEST(ConfigValue, Rates) {
  const std::string not_a_rate = " is not 0, nor a rate (as 20/s, 300/m or 5000/h)";
  const std::pair<std::string, std::string> cases[] = {
      {"0", "0 in 1000 ms"},
      {"1/s", "1 in 1000 ms"},
      {"20/S", "20 in 1000 ms"},
      {"300/m", "300 in 60000 ms"},
      {"1000000/h", "1000000 in 3600000 ms"},
      {"0/s", "\"0/s\" is not within 1/s to 1000000/s"},
      {"1000001/m", "\"1000001/m\" is not within 1/m to 1000000/m"},
      {"18446744073709551617/s", "\"18446744073709551617/s\" is not within 1/s to 1000000/s"},
      {"20", "\"20\"" + not_a_rate},
      {"20/", "\"20/\"" + not_a_rate},
      {"/s", "\"/s\"" + not_a_rate},
      {"20/d", "\"20/d\"" + not_a_rate},
      {"20/ms", "\"20/ms\"" + not_a_rate},
      {"20 /s", "\"20 /s\"" + not_a_rate},
      {"20/s/s", "\"20/s/s\"" + not_a_rate},
      {"-1/s", "\"-1/s\"" + not_a_rate},
      {"1.5/s", "\"1.5/s\"" + not_a_rate},
      {"off", "\"off\"" + not_a_rate},
      {"", "\"\"" + not_a_rate},
  };
  for (const auto& [text, expected] : cases) {
    const auto parse = [](std::string_view t) {
      const http::Rate rate = parse_rate(t);
      return std::to_string(rate.requests) + " in " + std::to_string(rate.period.count()) + " ms";
    };
    EXPECT_EQ(outcome(text, parse), expected) << text;
  }
}

TEST(ConfigValue, LongDurations) {
  const std::pair<std::string, std::chrono::hours> cases[] = {
      {"3d", std::chrono::hours(72)}, {"2w", std::chrono::hours(336)}, {"1Y", std::chrono::hours(8760)}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_duration(text, milliseconds(1), std::chrono::hours(10'000)), expected) << text;
  }
}

TEST(ConfigValue, Quotes) {
  const std::pair<const char*, std::optional<std::string_view>> cases[] = {{"a", "a"},
                                                                           {"\"a b\"", "a b"},
                                                                           {"\"\"", ""},
                                                                           {"\"a", std::nullopt},
                                                                           {"\"", std::nullopt},
                                                                           {"a\"", "a\""},
                                                                           {"\"a\", \"b\"", "\"a\", \"b\""},
                                                                           {"\"a\"b", "\"a\"b"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(unquoted(text), expected) << text;
}

TEST(ConfigValue, Lists) {
  using Items = std::vector<std::string_view>;
  EXPECT_EQ(parse_list("a, b\t,c"), (Items{"a", "b", "c"}));
  EXPECT_EQ(parse_list("\"a\", b, \"c d\""), (Items{"a", "b", "c d"}));
  for (const char* text : {"", "a,", ",a", "a,,b", "a, \"\""})
    EXPECT_THROW((void)parse_list(text), BadValue) << text;
}

TEST(ConfigValue, ListenAddresses) {
  const ValueCase good[] = {
      {"127.0.0.1:8080", "127.0.0.1:8080"},
      {"localhost:80", "127.0.0.1:80"},
      {"*:80", "0.0.0.0:80"},
      {":80", "0.0.0.0:80"},
      {"80", "0.0.0.0:80"},
      {"0.0.0.0:0", "0.0.0.0:0"},
      {"[::]:8080", "[::]:8080"},
      {"[::1]:65535", "[::1]:65535"},
      {"[0:0:0::1]:80", "[::1]:80"},
      {"[2001:DB8::]:80", "[2001:db8::]:80"},
      {"[::ffff:1.2.3.4]:1", "[::ffff:1.2.3.4]:1"},
      {"80 proxy", "0.0.0.0:80"},
      {"[::1]:80  proxy", "[::1]:80"},
      {"unix:/run/pollux.sock", "unix:/run/pollux.sock"},
      {"unix:/run/a b proxy", "unix:/run/a b"},
  };
  for (const auto& [text, expected] : good) {
    EXPECT_EQ(outcome(text, [](std::string_view t) { return parse_listen(t).text(); }), expected) << text;
  }
  for (const char* text : {"127.0.0.1",    "::1:80",        "[::1]",           "[::1]:",
                           "[::1]80",      "[]:80",         "[127.0.0.1]:80",  "1.2.3:80",
                           "1.2.3.4.5:80", "256.0.0.1:80",  "example.org:80",  "127.0.0.1:http",
                           "127.0.0.1:-1", "127.0.0.1: 80", "127.0.0.1:65536", "127.0.0.1:4294967376",
                           "[::1%lo]:80",  "proxy",         " proxy",          "127.0.0.1 proxy",
                           "80 proxies",   "unix:",         "unix:s",          "unix:/",
                           "unix:/run/"}) {
    EXPECT_THROW((void)parse_listen(text), BadValue) << text;
  }
  EXPECT_TRUE(parse_listen("80 proxy").proxy);
  EXPECT_FALSE(parse_listen("80").proxy);
  EXPECT_EQ(parse_listen("unix:/" + std::string(106, 'x')).path.size(), 107U);
  EXPECT_THROW((void)parse_listen("unix:/" + std::string(107, 'x')), BadValue);
}

TEST(ConfigValue, MessagesCutLongValues) {
  const std::string text(100'000, 'x');
  EXPECT_LT(outcome(text, [](std::string_view t) { return std::to_string(parse_number(t, 0, 1)); }).size(),
            300U);
}

// ---- Suggestions ----

TEST(Suggest, EditDistance) {
  const struct {
    const char* a;
    const char* b;
    std::size_t expected;
  } cases[] = {
      {"", "", 0},
      {"", "abc", 3},
      {"abc", "", 3},
      {"root", "root", 0},
      {"root", "ROOT", 0},
      {"roto", "root", 1},
      {"worker", "workers", 1},
      {"wrokers", "workers", 1},
      {"kitten", "sitting", 3},
      {"model", "nodel", 1},
      {"ca", "abc", 3},
  };
  for (const auto& [a, b, expected] : cases) EXPECT_EQ(edit_distance(a, b), expected) << a << ' ' << b;
}

TEST(Suggest, NearestIsNear) {
  const std::string_view words[] = {"proactor", "reactor", "multi-reactor"};
  EXPECT_EQ(nearest("reaktor", words), "reactor");
  EXPECT_EQ(nearest("proactr", words), "proactor");
  EXPECT_EQ(nearest("Reactor", words), "reactor");
  EXPECT_EQ(nearest("threads", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest(std::string(1'000'000, 'r'), words), "");
}

}  // namespace
}  // namespace pollux::server
