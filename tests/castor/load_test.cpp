#include <gtest/gtest.h>

#include <algorithm>

#include "castor/expectations.h"
#include "castor/histogram.h"
#include "castor/options/options.h"
#include "castor/options/url_list.h"
#include "castor/report/chart.h"
#include "castor/report/comparison.h"
#include "castor/report/page.h"
#include "castor/report/result_json.h"
#include "castor/report/text.h"
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
    std::string text = "c" + std::to_string(o.clients) + (o.keep_alive ? " keep" : " close");
    text += o.version == HttpVersion::k2 ? " 2 m" + std::to_string(o.streams)
                                         : " 1." + std::to_string(static_cast<int>(o.version) - 1);
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
      {{"-k", "--header", "connection: x, Close", "http://a/"}, "c1 close 1.1 t10000ms GET"},
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
      {{"--compare", "a.json", "b.json"}, "c1 close 1.1 t10000ms GET"},
      {{"--compare", "a.json", "--html", "a.html"}, "c1 close 1.1 t10000ms GET"},
      {{"-9", "-k", "http://a/"}, "usage"},
      {{"--http2", "http://a/"}, "c1 keep 2 m1 t10000ms GET"},
      {{"--http2", "-m", "10", "-c4", "-n7", "http://a/"}, "c4 keep 2 m10 n7 GET"},
      {{"--http2", "--streams=1000", "--rate=5", "http://a/"}, "c1 keep 2 m1000 t10000ms r5 GET"},
      {{"--http2", "--options", "-k", "http://a/"}, "c1 keep 2 m1 t10000ms OPTIONS"},
      {{"--http2", "--header", "TE: trailers", "http://a/"}, "c1 keep 2 m1 t10000ms GET"},
      {{"-m", "1", "http://a/"}, "c1 close 1.1 t10000ms GET"},
      {{"-m", "2", "http://a/"}, "usage"},
      {{"--http2", "-2", "-m", "2", "http://a/"}, "usage"},
      {{"--http2", "-m", "0", "http://a/"}, "usage"},
      {{"--http2", "-m", "1001", "http://a/"}, "usage"},
      {{"--http2", "-f", "http://a/"}, "usage"},
      {{"--http2", "-p", "a:1", "http://a/"}, "usage"},
      {{"--http2", "--pipeline", "2", "http://a/"}, "usage"},
      {{"--http2", "--webbench", "http://a/"}, "usage"},
      {{"--http2", "--method", "CONNECT", "http://a/"}, "usage"},
      {{"--http2", "--header", "Connection: close", "http://a/"}, "usage"},
      {{"--http2", "--header", "keep-alive: 5", "http://a/"}, "usage"},
      {{"--http2", "--header", "Transfer-Encoding: chunked", "http://a/"}, "usage"},
      {{"--http2", "--header", "TE: gzip", "http://a/"}, "usage"},
      {{"--rate", "100/s..1000/s", "http://a/"}, "c1 close 1.1 t10000ms r100 GET"},
      {{"--rate", "100..1000", "--steps", "4", "http://a/"}, "c1 close 1.1 t10000ms r100 GET"},
      {{"--rate", "100..", "http://a/"}, "usage"},
      {{"--rate", "100..1000", "-n", "5", "http://a/"}, "usage"},
      {{"--rate", "100", "--steps", "4", "http://a/"}, "usage"},
      {{"--find-rate", "--max-p99", "20ms", "http://a/"}, "c64 close 1.1 t3000ms p99 20ms GET"},
      {{"--find-rate", "http://a/"}, "usage"},
      {{"--find-rate", "--max-p99", "20", "-n", "5", "http://a/"}, "usage"},
      {{"--until-stable", "http://a/"}, "c1 close 1.1 t60000ms GET"},
      {{"--auth", "user", "http://a/"}, "usage"},
      {{"--auth", "user:pass\r\nX: y", "http://a/"}, "usage"},
      {{"--cookie", "a", "http://a/"}, "usage"},
      {{"--cookie", "a=b\nc", "http://a/"}, "usage"},
      {{"--latency-unit", "hours", "http://a/"}, "usage"},
      {{"--connect-to", "a:80", "http://a/"}, "usage"},
      {{"--connect-to", "a:80:", "http://a/"}, "usage"},
      {{"--connect-to", "a:99999:b", "http://a/"}, "usage"},
      {{"--unix", std::string(200, 'x'), "http://a/"}, "usage"},
      {{"--unix", "/x", "-4", "http://a/"}, "usage"},
      {{"-6", "--source-addresses", "127.0.0.2", "http://a/"}, "usage"},
      {{"--merge", "a.json"}, "c1 close 1.1 t10000ms GET"},
      {{"--merge"}, "usage"},
      {{"--urls", "/no/such/file", "http://a/"}, "usage"},
  };
  for (const auto& [arguments, expected] : cases) {
    std::string words;
    for (const std::string& argument : arguments) words += argument + " ";
    EXPECT_EQ(outcome(arguments), expected) << words;
  }
}

TEST(LoadOptions, TwoTargets) {
  const Command two =
      parse_command({"castor", "-c", "4", "http://a/", "-k", "--", "--http2", "-m", "3", "http://b/"});
  ASSERT_TRUE(two.other);
  EXPECT_EQ(two.options.urls, std::vector<std::string>{"http://a/"});
  EXPECT_EQ(two.options.version, HttpVersion::k11);
  EXPECT_EQ(two.other->urls, std::vector<std::string>{"http://b/"});
  EXPECT_EQ(two.other->version, HttpVersion::k2);
  EXPECT_EQ(two.other->clients, 4U);
  EXPECT_FALSE(parse_command({"castor", "-c", "4", "--", "http://a/", "http://b/"}).other)
      << "the end of options";
  for (const auto& more : {std::vector<std::string>{"--"},
                           {"--", "-k"},
                           {"--until-stable", "--", "http://b/"},
                           {"--idle", "5", "--", "http://b/"},
                           {"--hdr", "x", "--", "http://b/"},
                           {"--", "--version", "http://b/"},
                           {"--", "--help", "http://b/"},
                           {"--", "-?", "http://b/"},
                           {"--", "--merge", "http://b/"},
                           {"--", "--webbench", "http://b/"},
                           {"--", "--until-stable", "http://b/"},
                           {"--", "--find-rate", "--max-p99", "20ms", "http://b/"},
                           {"--", "--hdr", "x", "http://b/"},
                           {"--", "--csv", "x", "http://b/"},
                           {"--", "--prometheus", "x", "http://b/"},
                           {"--", "--json", "x", "http://b/"},
                           {"--json", "x", "--", "--json", "y", "http://b/"},
                           {"--", "--html", "x", "http://b/"},
                           {"--", "--quiet", "http://b/"},
                           {"--", "--rounds", "5", "http://b/"}}) {
    std::vector<std::string> arguments = {"castor", "http://a/"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (more.size() == 1) continue;  // "A --" is A alone.
    std::string words;
    for (const std::string& word : more) words += word + " ";
    EXPECT_THROW((void)parse_command(arguments), UsageError) << words;
  }
}

TEST(LoadOptions, TwoTargetsTakeTheSameRounds) {
  const Command two =
      parse_command({"castor", "--rounds", "5", "--json", "x", "http://a/", "--", "-t", "20", "http://b/"});
  ASSERT_TRUE(two.other);
  EXPECT_EQ(two.other->rounds, 5U);
  EXPECT_EQ(two.other->json, "x");
  EXPECT_EQ(two.other->time, Seconds(20));
}

TEST(LoadOptions, Secrets) {
  const Options options = parse_options(
      {"castor", "--auth", "Aladdin:open sesame", "--cookie", "a=1", "--cookie", "b=2", "http://a/"});
  ASSERT_EQ(options.fields.size(), 2U);
  EXPECT_EQ(options.fields[0].value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(options.fields[1].value, "a=1; b=2");
  EXPECT_EQ(to_json(options, Result()).find("QWxh"), std::string::npos);
}

TEST(LoadOptions, ConnectTo) {
  struct Case {
    const char* text;
    const char* host;
    std::uint16_t port;
    const char* to;
    std::uint16_t to_port;
  };
  const Case cases[] = {{"a:80:127.0.0.1", "a", 80, "127.0.0.1", 0},
                        {"a:80:b:90", "a", 80, "b", 90},
                        {"::[::1]:90", "", 0, "::1", 90},
                        {":80:::1", "", 80, "::1", 0},
                        {"[::1]:80:[::2]", "::1", 80, "::2", 0},
                        {"a::127.0.0.1:9", "a", 0, "127.0.0.1", 9}};
  for (const Case& test : cases) {
    const HostMapping mapping =
        parse_options({"castor", "--connect-to", test.text, "http://a/"}).connect_to.at(0);
    EXPECT_EQ(mapping.host, test.host) << test.text;
    EXPECT_EQ(mapping.port, test.port) << test.text;
    EXPECT_EQ(mapping.to, test.to) << test.text;
    EXPECT_EQ(mapping.to_port, test.to_port) << test.text;
  }
}

struct ListCase {
  const char* text;
  const char* expected;  // Weight, method, URL and body of each, or what is wrong.
};

TEST(UrlList, Table) {
  const ListCase cases[] = {
      {"http://a/\n", "1 GET http://a/ [] "},
      {"# c\n\n 10 http://a/ \r\nhttp://b/", "10 GET http://a/ [] 1 GET http://b/ [] "},
      {"2 POST /f a=1&b=2 x ", "2 POST http://base:8/f [a=1&b=2 x] "},
      {"/f body", "1 POST http://base:8/f [body] "},
      {"DELETE /f", "1 DELETE http://base:8/f [] "},
      {"HEAD https://c/?q=/", "1 HEAD https://c/?q=/ [] "},
      {"", "--urls: no URL in "},
      {"GET", "--urls: line 1: no URL"},
      {"\n0 /a", "--urls: line 2: the weight: \"0\" is not a number from 1 to 1000000"},
      {"1000000 /a\n1 /b", "--urls: more than 1000000 in all"},
      {"G\"T /a", "--urls: line 1: the method: \"G\"T\" is not a method"},
      {"/a @/no/such", "--urls: line 1: --body: cannot read /no/such"},
  };
  for (const auto& [text, expected] : cases) {
    Options options;
    options.urls = {"http://base:8/x"};
    std::string seen;
    try {
      parse_url_list(text, options);
      for (std::size_t i = 0; i < options.urls.size(); ++i) {
        const Ask& ask = options.asks[i];
        seen +=
            std::to_string(ask.weight) + " " + ask.method + " " + options.urls[i] + " [" + ask.body + "] ";
      }
    } catch (const UsageError& error) {
      seen = error.what();
    }
    EXPECT_EQ(seen, expected) << text;
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
  EXPECT_EQ(targets.origins[0].requests[1].octets,
            "GET /b HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUser-Agent: castor\r\nConnection: close\r\n\r\n");
}

TEST(LoadTarget, RequestsOfHttp2AreFields) {
  const Options options = parse_options({"castor", "--http2", "--header", "X-Mixed: Case", "--header",
                                         "Host: other:8", "--body", "four", "-r", "http://127.0.0.1:1/a?b"});
  const PreparedRequest request = Targets::of(options).origins.at(0).requests.at(0);
  EXPECT_EQ(request.octets, "four");
  std::string fields;
  for (const auto& [name, value] : request.fields) fields += name + "=" + value + " ";
  EXPECT_EQ(fields,
            ":method=POST :scheme=http :authority=other:8 :path=/a?b user-agent=castor pragma=no-cache "
            "x-mixed=Case content-length=4 ");
}

TEST(LoadResult, SaysThatItWasHttp2) {
  const Options options = parse_options({"castor", "--http2", "-m", "8", "http://a/"});
  const std::string text = to_json(options, Result());
  const Json json = Json::parse(text);
  EXPECT_EQ(json.at("options").at("http").text, "2");
  EXPECT_EQ(json.at("options").at("streams").number, 8);
  EXPECT_NE(to_text(options, Result()).find("HTTP/2 with 8 streams each"), std::string::npos);
  const Options before = parse_options({"castor", "http://a/"});
  EXPECT_EQ(Json::parse(to_json(before, Result())).at("options").find("streams"), nullptr);
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
  options.max_errors.reset();
  result.tally.succeeded = 18;
  EXPECT_TRUE(disappointments(options, result).empty());  // A tenth.
  result.tally.succeeded = 17;
  EXPECT_EQ(disappointments(options, result), std::vector<std::string>{"2 of 19 requests failed"});
  options.expect_status = 404;
  EXPECT_EQ(disappointments(options, result),
            std::vector<std::string>{"2 answers had another status than 404"});
  options.expect_status = 200;
  options.max_errors = 1;
  options.max_p99 = 4;
  EXPECT_EQ(disappointments(options, result).size(), 3U);
}

// A result of 20 requests in so many seconds.
Result result_in(double seconds) {
  Result result;
  result.tally.succeeded = result.tally.status[200] = 20;
  result.tally.latency.record(30'000);
  result.seconds = seconds;
  return result;
}

Result nothing() {
  Result result;
  return result;
}

TEST(LoadResult, SmallNumbersAreNotZero) {
  Options options;
  struct Case {
    double seconds;
    const char* rate;
  };
  for (const auto& [seconds, rate] :
       {Case{0.01, " 2,000/s"}, Case{0.1, " 200/s"}, Case{3, " 6.67/s"}, Case{100, " 0.2/s"}}) {
    EXPECT_NE(to_text(options, result_in(seconds)).find(rate), std::string::npos) << rate;
  }
  options.max_p99 = 0.0001;
  EXPECT_EQ(disappointments(options, result_in(1)),
            std::vector<std::string>{"p99 is 0.03 ms, and not at most 0.0001 ms"});
  EXPECT_EQ(count_label(0.25), "0.25");
  EXPECT_EQ(count_label(5), "5");
  EXPECT_EQ(count_label(123.6), "124");
}

TEST(LoadResult, TheJsonSaysHowItWasMeasured) {
  Options options = parse_options({"castor", "-c", "3", "-n", "20", "-k", "--rate", "0.5/s", "--header",
                                   "Authorization: secret", "http://a/?\"x", "http://b/"});
  Result result = result_in(2);
  result.threads = 2;
  result.started = WallTime(std::chrono::seconds(1'800'000'000));
  result.tally.by_url.resize(2);
  result.tally.by_url[1].finished(Verdict::kBadStatus, 600, 7, milliseconds(3));
  const std::string text = to_json(options, result);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  const Json json = Json::parse(text);
  EXPECT_EQ(json.at("version").text, POLLUX_VERSION);
  EXPECT_EQ(json.at("started").text, "2027-01-15T08:00:00Z");
  const Json& said = json.at("options");
  EXPECT_EQ(said.at("clients").number, 3);
  EXPECT_EQ(said.at("threads").number, 2);
  EXPECT_EQ(said.at("requests").number, 20);
  EXPECT_EQ(said.at("rate").number, 0.5);
  EXPECT_EQ(said.at("keep_alive").number, 1);
  EXPECT_EQ(said.at("fields").items.at(0).text, "Authorization");
  EXPECT_EQ(said.find("time_s"), nullptr);
  const Json& urls = json.at("urls");
  ASSERT_EQ(urls.items.size(), 2U);
  EXPECT_EQ(urls.items[0].at("url").text, options.urls[0]);
  EXPECT_EQ(urls.items[0].at("requests").number, 0);
  EXPECT_EQ(urls.items[1].at("failed").number, 1);
  EXPECT_EQ(urls.items[1].at("status").at("600").number, 1);
  EXPECT_EQ(urls.items[1].at("octets_received").number, 7);
  EXPECT_EQ(urls.items[1].at("latency_us").at("max").number, 3000);
}

TEST(LoadResult, OneUrlIsTheWhole) {
  const Options options = parse_options({"castor", "http://a/"});
  const Json json = Json::parse(to_json(options, result_in(1)));
  ASSERT_EQ(json.at("urls").items.size(), 1U);
  EXPECT_EQ(json.at("urls").items[0].at("requests").number, 20);
}

// --- Several results -----------------------------------------------------------------------------------

NamedResult named(const std::string& name, const Result& result) {
  return {name, Json::parse(to_json(parse_options({"castor", "http://a/"}), result))};
}

TEST(LoadComparison, RatiosAreToTheFirst) {
  const Results results = {named("a.json", result_in(1)), named("b.json", result_in(0.5)),
                           named("c.json", nothing())};
  const std::vector<ComparedRow> rows = compare(results);
  EXPECT_EQ(rows[0].name, "requests/s");
  ASSERT_EQ(rows[0].values.size(), 3U);
  const ComparedValue expected[] = {{"20", ""}, {"40", "2x"}, {"0", ""}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows[0].values[i].value, expected[i].value) << i;
    EXPECT_EQ(rows[0].values[i].ratio, expected[i].ratio) << i;
  }
  const std::string text = to_text(results);
  EXPECT_NE(text.find("b.json"), std::string::npos);
  EXPECT_NE(text.find(" 40       2x"), std::string::npos) << text;
  EXPECT_NE(text.find("1x"), std::string::npos) << "the latencies are the same: " << text;
  EXPECT_THROW((void)compare({{"d", Json::parse("{}")}}), std::runtime_error);
}

TEST(LoadPage, SaysWhatWasMeasuredAndDashesWhereNothingWas) {
  const std::string page = to_html({named("a <b>", result_in(1)), named("none", nothing())});
  EXPECT_NE(page.find("a &lt;b&gt;"), std::string::npos);
  EXPECT_NE(page.find("castor " POLLUX_VERSION " · "), std::string::npos);
  EXPECT_NE(page.find("timeout_s 30"), std::string::npos);
  EXPECT_NE(page.find("<b>–</b>"), std::string::npos);
  EXPECT_EQ(page.find(">0 µs<"), std::string::npos);
  EXPECT_EQ(page.find("<th>URL</th>"), std::string::npos) << "one URL is no list";
}

TEST(LoadPage, AResultOfBeforeCanStillBeRead) {
  Json old = named("a", result_in(1)).json;
  for (const char* key : {"version", "started", "options", "urls"}) {
    const auto found = std::find(old.names.begin(), old.names.end(), key) - old.names.begin();
    old.names.erase(old.names.begin() + found);
    old.items.erase(old.items.begin() + found);
  }
  EXPECT_NE(to_html({{"old", old}}).find("old"), std::string::npos);
}

// Of two tries of a rate the better one is drawn, and a second alone is no line over time.
TEST(LoadPage, TheKneeHasOnePointForEachRate) {
  Options options = parse_options({"castor", "--find-rate", "--max-p99", "20", "http://a/"});
  Result result = result_in(1);
  result.found_rate = 100;
  result.probes = {{.rate = 100, .p50_us = 1, .p99_us = 2},
                   {.rate = 200, .p50_us = 5, .p99_us = 90},
                   {.rate = 200, .p50_us = 3, .p99_us = 40}};
  result.per_second = {{.requests = 20}};
  const std::string page = to_html({{"a", Json::parse(to_json(options, result))}});
  std::vector<std::ptrdiff_t> points;  // Of each line: those of the limit, of p50, of p99 come first.
  for (std::size_t at = page.find("points=\""); at != std::string::npos;
       at = page.find("points=\"", at + 1)) {
    const auto begin = page.begin() + static_cast<std::ptrdiff_t>(at) + 8;
    points.push_back(std::count(begin, std::find(begin, page.end(), '"'), ','));
  }
  ASSERT_GE(points.size(), 3U);
  points.resize(3);
  EXPECT_EQ(points, (std::vector<std::ptrdiff_t>{2, 2, 2}));
  EXPECT_EQ(page.find("Latency over time"), std::string::npos);
}

// Text keeps its size at any width: nothing but the plot of the lines is stretched.
TEST(LoadChart, OnlyTheLinesAreStretched) {
  const Chart chart{.title = "T",
                    .x_name = "s",
                    .x_ticks = {},
                    .y_label = count_label,
                    .lines = {{0, false, "<a>", {{0, 1}, {1, 2}}}}};
  const std::string svg = to_svg(chart);
  const std::size_t plot = svg.find("<svg class=plot");
  ASSERT_NE(plot, std::string::npos);
  EXPECT_EQ(svg.substr(0, plot).find("viewBox"), std::string::npos);
  EXPECT_EQ(svg.substr(plot).find("<text"), std::string::npos);
  EXPECT_NE(svg.find("<title>&lt;a&gt;</title>"), std::string::npos);
}

}  // namespace
}  // namespace pollux::castor
