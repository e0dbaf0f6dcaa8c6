#include <gtest/gtest.h>

#include "castor/histogram.h"
#include "castor/options.h"
#include "castor/result.h"
#include "castor/target.h"

namespace pollux::castor {
namespace {

TEST(Histogram, IsExactBelowAndClose) {
  for (const unsigned bits : {5U, 7U}) {
    for (std::uint64_t value = 0; value < (1ULL << 39U); value = value * 3 / 2 + 1) {
      Histogram histogram(bits);
      histogram.record(static_cast<std::int64_t>(value));
      histogram.record(1LL << 39U);  // So that the largest does not cut the bucket short.
      const auto found = static_cast<double>(histogram.percentile(50));
      EXPECT_GE(found, static_cast<double>(value));
      EXPECT_LE(found, static_cast<double>(value) * (1 + 1.0 / (1U << bits)));
    }
  }
}

TEST(Histogram, Percentiles) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(i);
  EXPECT_EQ(histogram.percentile(50), 50U);
  EXPECT_EQ(histogram.percentile(99), 99U);
  EXPECT_EQ(histogram.percentile(99.9), 100U);
  EXPECT_EQ(histogram.percentile(0), 1U);
  EXPECT_EQ(histogram.max(), 100U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
  EXPECT_EQ(Histogram().percentile(99), 0U);
  histogram.record(INT64_MAX);
  EXPECT_EQ(histogram.max(), (1ULL << 40U) - 1);
  Histogram sum;
  sum.add(histogram);
  EXPECT_EQ(sum.count(), 101U);
}

struct OptionsCase {
  std::vector<std::string> arguments;
  std::string expected;  // In the words of outcome(), or what is wrong.
};

std::string outcome(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "castor");
  try {
    const Options o = parse_options(arguments);
    std::string text = "c" + std::to_string(o.clients) + (o.keep_alive ? " keep" : " close") + " 1." +
                       std::to_string(static_cast<int>(o.version) - 1);
    if (o.time) text += " t" + std::to_string(static_cast<int>(o.time->count() * 1000)) + "ms";
    if (o.requests) text += " n" + std::to_string(*o.requests);
    if (o.rate) text += " r" + std::to_string(static_cast<int>(*o.rate));
    if (o.idle > 0) text += " i" + std::to_string(o.idle);
    if (o.max_p99) text += " p99 " + std::to_string(static_cast<int>(*o.max_p99)) + "ms";
    return text + " " + o.method;
  } catch (const UsageError& error) {
    const std::string what = error.what();
    return what.find("-7s") == std::string::npos ? "usage" : what;
  }
}

TEST(LoadOptions, Table) {
  const OptionsCase cases[] = {
      {{"http://a/"}, "c1 close 1.1 t10000ms GET"},
      {{"-c", "5", "-t", "2", "-k", "http://a/"}, "c5 keep 1.1 t2000ms GET"},
      {{"http://a/", "-c5", "-t500ms"}, "c5 close 1.1 t500ms GET"},
      {{"-n", "7", "http://a/"}, "c1 close 1.1 n7 GET"},
      {{"-n7", "-t1m", "http://a/"}, "c1 close 1.1 t60000ms n7 GET"},
      {{"--pipeline", "4", "http://a/"}, "c1 keep 1.1 t10000ms GET"},
      {{"--rate", "1000/s", "http://a/"}, "c1 close 1.1 t10000ms r1000 GET"},
      {{"--idle", "9", "http://a/"}, "c0 close 1.1 t10000ms i9 GET"},
      {{"--idle", "9", "-c1", "http://a/"}, "c1 close 1.1 t10000ms i9 GET"},
      {{"--head", "-9", "http://a/"}, "c1 close 1.0 t10000ms HEAD"},
      {{"--trace", "-1", "http://a/"}, "c1 close 1.1 t10000ms TRACE"},
      {{"--webbench", "http://a/"}, "c1 close 1.0 t30000ms GET"},
      {{"--webbench", "--http11", "--clients=3", "--time=1", "http://a/"}, "c3 close 1.1 t1000ms GET"},
      {{"--webbench", "-c0", "-t0", "http://a/"}, "c1 close 1.0 t60000ms GET"},
      {{"--source-addresses", "255.255.255.254-255.255.255.255", "http://a/"}, "c1 close 1.1 t10000ms GET"},
      {{}, "usage"},
      {{"-c"}, "usage"},
      {{"-c", "0", "http://a/"}, "usage"},
      {{"-c", "x", "http://a/"}, "usage"},
      {{"-t", "0", "http://a/"}, "usage"},
      {{"-t", "1y", "http://a/"}, "usage"},
      {{"--rate", "0", "http://a/"}, "usage"},
      {{"--method", "a b", "http://a/"}, "usage"},
      {{"--header", "a", "http://a/"}, "usage"},
      {{"-t", "-7s", "http://a/"}, "-t: \"-7s\" is not a time: 2, 500ms, 1m"},
      {{"--max-p99", "20", "http://a/"}, "c1 close 1.1 t10000ms p99 20ms GET"},
      {{"--max-p99", "2s", "http://a/"}, "c1 close 1.1 t10000ms p99 2000ms GET"},
      {{"--body", "x", "http://a/"}, "c1 close 1.1 t10000ms POST"},
      {{"--body", "x", "--get", "http://a/"}, "c1 close 1.1 t10000ms GET"},
      {{"--nonsense", "http://a/"}, "usage"},
      {{"--source-addresses", "127.0.0.9-127.0.0.1", "http://a/"}, "usage"},
      {{"--compare", "a.json"}, "usage"},
      {{"-9", "-k", "http://a/"}, "usage"},
  };
  for (const auto& [arguments, expected] : cases) {
    std::string words;
    for (const std::string& argument : arguments) words += argument + " ";
    EXPECT_EQ(outcome(arguments), expected) << words;
  }
}

TEST(LoadTarget, StrangersAreRefused) {
  Options options;
  options.urls = {"http://192.0.2.1/"};
  EXPECT_THROW((void)Targets::of(options), UsageError);
  options.foreign = true;
  EXPECT_EQ(Targets::of(options).origins.size(), 1U);
}

TEST(LoadTarget, AProxyLooksUpWhatNeedNotBeOurs) {
  Options options;
  options.urls = {"http://no-such-name.invalid/"};
  options.proxy = "127.0.0.1:1";
  EXPECT_THROW((void)Targets::of(options), StartError) << "it may be a stranger";
  options.foreign = true;
  EXPECT_EQ(Targets::of(options).origins.front().address.to_string(), "127.0.0.1:1");
}

TEST(LoadTarget, SourcesWantAnAddressOfTheirFamily) {
  Options options;
  options.source_addresses = {"127.0.0.2"};
  options.urls = {"http://localhost:1/"};
  EXPECT_EQ(Targets::of(options).origins.front().address.to_string(), "127.0.0.1:1");
  options.urls = {"http://[::1]:1/"};
  EXPECT_THROW((void)Targets::of(options), StartError);
}

TEST(LoadTarget, RequestsAreGroupedByOrigin) {
  Options options;
  options.urls = {"http://127.0.0.1:1/a", "http://127.0.0.1:2/", "http://127.0.0.1:1/b"};
  const Targets targets = Targets::of(options);
  ASSERT_EQ(targets.origins.size(), 2U);
  EXPECT_EQ(targets.origins[0].requests[1],
            "GET /b HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUser-Agent: castor\r\nConnection: close\r\n\r\n");
}

TEST(LoadResult, Expectations) {
  Options options;
  Result result;
  EXPECT_EQ(disappointments(options, result).size(), 1U);  // Nothing could be measured.
  result.tally.status[404] = result.tally.failed = result.tally.bad_status = 2;
  result.tally.latency.record(5'000'000);
  EXPECT_EQ(disappointments(options, result).size(), 1U);  // None succeeded, and that was not asked for.
  options.max_errors = 2;
  EXPECT_TRUE(disappointments(options, result).empty());
  options.expect_status = 200;
  options.max_errors = 1;
  options.max_p99 = 4;
  EXPECT_EQ(disappointments(options, result).size(), 3U);
}

}  // namespace
}  // namespace pollux::castor
