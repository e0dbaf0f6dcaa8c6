// Results for other programs, results read back, and what is known of them.
#include <gtest/gtest.h>

#include <cmath>

#include "castor/expectations.h"
#include "castor/find_rate.h"
#include "castor/pair.h"
#include "castor/report/exports.h"
#include "castor/report/page.h"
#include "castor/report/pair_report.h"
#include "castor/report/read_result.h"
#include "castor/report/result_json.h"
#include "castor/report/text.h"

namespace pollux::castor {
namespace {

// Of one machine: latencies of 1 to `count` times so many microseconds, of which every tenth failed.
Result measured(std::uint64_t count, std::int64_t microseconds) {
  Result result;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto latency = std::chrono::microseconds(microseconds * static_cast<std::int64_t>(i));
    result.tally.finished(i % 10 == 0 ? Verdict::kBadStatus : Verdict::kGood, i % 10 == 0 ? 404 : 200, 5,
                          latency);
  }
  result.seconds = 2;
  result.threads = 1;
  result.per_second = {{count, count / 10, count * 5, 1, 2, 3}};
  return result;
}

ReadResult read_back(const Options& options, const Result& result) {
  return read_result(Json::parse(to_json(options, result)));
}

TEST(Merge, PercentilesAreThoseOfAllTogether) {
  const Options options = parse_options({"castor", "-c", "3", "-k", "--rate", "50", "http://a/"});
  const Result fast = measured(1000, 1);
  const Result slow = measured(50, 2000);
  Histogram both = fast.tally.latency;
  both.add(slow.tally.latency);
  const auto [merged, result] = merge({read_back(options, fast), read_back(options, slow)});
  for (const double percent : {0.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0})
    EXPECT_EQ(result.tally.latency.percentile(percent), both.percentile(percent)) << percent;
  EXPECT_NEAR(result.tally.latency.mean(), both.mean(), 1);
  EXPECT_EQ(result.tally.requests(), 1050U);
  EXPECT_EQ(result.tally.status[404], 105U);
  EXPECT_EQ(result.tally.bad_status, 105U);
  EXPECT_EQ(result.seconds, 2);
  EXPECT_EQ(merged.clients, 6U);
  EXPECT_EQ(merged.rate, 100);
  ASSERT_EQ(result.per_second.size(), 1U);
  EXPECT_EQ(result.per_second[0].requests, 1050U);
  EXPECT_EQ(result.per_second[0].p99_us, 0) << "percentiles of percentiles are none";
}

TEST(Merge, ResultsOfOtherUrlsOrKindsAreRefused) {
  const Options a = parse_options({"castor", "http://a/"});
  const Options b = parse_options({"castor", "http://b/"});
  EXPECT_THROW((void)merge({read_back(a, measured(1, 1)), read_back(b, measured(1, 1))}), std::runtime_error);
  const std::string good = to_json(a, measured(20, 1));
  EXPECT_NO_THROW((void)read_result(Json::parse(good)));
  const std::pair<const char*, const char*> changes[] = {
      {"\"schema\": 1", "\"schema\": 2"},
      {"\"schema\"", "\"scheme\""},
      {"\"histogram\"", "\"none\""},
      {"\"404\": 2", "\"4040\": 2"},
      {"\"404\": 2", "\"404\": -1"},
      {"\"response status\"", "\"no such kind\""},
      {"\"succeeded\": 18", "\"succeeded\": 1e300"},
      {"\"counts\": [[", "\"counts\": [[1e99, 1], ["},
      {"\"counts\": [[", "\"counts\": [[1], ["},
  };
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), std::string(from).size(), to);
    EXPECT_THROW((void)read_result(Json::parse(bad)), std::runtime_error) << to;
  }
}

TEST(Exports, HdrIsAPercentileDistribution) {
  Histogram histogram;
  for (int i = 0; i < 99; ++i) histogram.record(1'000'000);
  histogram.record(8'000'000);
  const std::string text = to_hdr(histogram);
  EXPECT_TRUE(
      text.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                       "       1.004 0.000000000000         99           1.00\n"))
      << text;
  EXPECT_NE(text.find("       8.000 1.000000000000        100            inf\n#[Mean    =        1.0"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("#[Max     =        8.000, Total count    =          100]\n"), std::string::npos)
      << text;
  EXPECT_NE(to_hdr(Histogram()).find("Total count    =            0]"), std::string::npos);
}

TEST(Exports, CsvAndPrometheus) {
  const Options options = parse_options({"castor", "-c", "3", "http://a/"});
  const Result result = measured(20, 100);
  EXPECT_EQ(to_csv(result),
            "second,requests,failed,octets_received,p50_us,p99_us,max_us\n1,20,2,100,1.0,2.0,3.0\n"
            "all,20,2,100,1003.5,2000.0,2000.0\n");
  const std::string text = to_prometheus(options, result);
  for (const char* line :
       {"\ncastor_requests 20\n", "\ncastor_responses{code=\"404\"} 2\n",
        "\ncastor_errors{stage=\"response\",kind=\"status\"} 2\n",
        "\ncastor_latency_seconds{quantile=\"1\"} 0.002000000\n", "\ncastor_latency_seconds_count 20\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

// A server that does up to so many requests a second.
TEST(FindRate, EndsAtTheKnee) {
  for (const double capacity : {150.0, 777.0, 40'000.0}) {
    Options options = parse_options({"castor", "--find-rate", "--max-p99", "20", "http://a/"});
    const Result result = find_rate(options, [&](const Options& one) {
      Result measured;
      measured.seconds = 1;
      measured.tally.finished(Verdict::kGood, 200, 0,
                              std::chrono::milliseconds(*one.rate <= capacity ? 5 : 500));
      return measured;
    });
    EXPECT_LE(result.found_rate, capacity);
    EXPECT_GE(result.found_rate, capacity / 1.06);
    EXPECT_LE(result.probes.size(), 40U);
    const std::string json = to_json(options, result);
    EXPECT_NE(to_html({{"a", Json::parse(json)}}).find("up to"), std::string::npos);
    EXPECT_NE(to_text(options, result).find("p99 stays below 20.00 ms"), std::string::npos);
  }
}

TEST(FindRate, WhereNoRateDoesItSaysSo) {
  const Options options = parse_options({"castor", "--find-rate", "--max-p99", "20", "http://a/"});
  const Result result = find_rate(options, [&](const Options&) {
    Result measured;
    measured.tally.finished(Verdict::kGood, 200, 0, std::chrono::milliseconds(500));
    return measured;
  });
  EXPECT_EQ(result.found_rate, 0);
  EXPECT_EQ(result.probes.size(), 2U) << "it is tried twice";
  EXPECT_EQ(disappointments(options, result),
            std::vector<std::string>{"no rate that was tried met what --max-p99 asks"});
}

// B takes twice the time of A, and the machine is now slow and now fast for both.
TEST(PairOfTargets, TakeTurnsAndRatiosAreOfRounds) {
  const Options options = parse_options({"castor", "--rounds", "6", "-n", "60", "http://a/"});
  std::string order;
  const Pair pair = run_pair({&options, &options}, [&](std::size_t which, const Options& turn) {
    order += which == 0 ? 'A' : 'B';
    EXPECT_EQ(turn.requests, 10U);
    const std::size_t noise = (order.size() - 1) / 2 + 1;  // The same for both turns of a round.
    Result result;
    result.seconds = 1;
    result.tally.finished(Verdict::kGood, 200, 0, std::chrono::milliseconds((which + 1) * noise * 100));
    return result;
  });
  EXPECT_EQ(order, "ABBAABBAABBA");
  EXPECT_EQ(pair.rounds, 6U);
  EXPECT_EQ(pair.results[1].tally.requests(), 6U);
  for (const Ratio& ratio : pair.ratios) {
    ASSERT_TRUE(ratio.of_b_to_a) << ratio.name;
    EXPECT_NEAR(ratio.of_b_to_a->value, &ratio == &pair.ratios.front() ? 1 : 2, 0.01) << ratio.name;
    EXPECT_NEAR(ratio.of_b_to_a->low, ratio.of_b_to_a->value, 0.02) << ratio.name;
  }
}

TEST(Statistics, MedianOfSeconds) {
  std::vector<Second> seconds(10);
  for (std::size_t i = 0; i < 10; ++i) seconds[i].p50_us = i % 2 == 0 ? 99 : 101;
  EXPECT_FALSE(estimate_median(seconds, 4)) << "too few";
  const auto median = estimate_median(seconds, 10);
  ASSERT_TRUE(median);
  EXPECT_NEAR(median->value, 100, 1e-9);
  EXPECT_NEAR(median->high, 100 + 2.262 * std::sqrt(10.0 / 9 / 10) + 100.0 / 256, 0.001);
  EXPECT_LT(median->reach(), kStableReach);
  seconds[3].p50_us = 200;
  EXPECT_GT(estimate_median(seconds, 10)->reach(), kStableReach);
  seconds[3].p50_us = 0;
  EXPECT_FALSE(estimate_median(seconds, 10)) << "a second in which nothing was answered";
}

}  // namespace
}  // namespace pollux::castor
