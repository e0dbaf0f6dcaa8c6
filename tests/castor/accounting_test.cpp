#include "castor/accounting.h"

#include <gtest/gtest.h>

namespace pollux::castor {
namespace {

using client::ErrorKind;
using client::Stage;
using std::chrono::milliseconds;

// From the end of the warm-up, which begins the measuring.
TimePoint at(std::int64_t ms) { return TimePoint{} + std::chrono::hours(1) + milliseconds(ms); }

PendingRequest due_at(std::int64_t ms) {
  return {.due = at(ms), .begun = at(ms + 1), .sent = at(ms + 2), .measured = ms >= 0};
}

class AccountingTest : public testing::Test {
 protected:
  // With the options as they are by then.
  Accounting& accounting() {
    if (!accounting_) accounting_.emplace(options_, Timetable{at(-1000), at(0), at(10'000)}, series_);
    return *accounting_;
  }
  const Tally& tally() { return accounting().tally(); }

  Options options_;
  Series series_;
  std::optional<Accounting> accounting_;
};

struct StatusCase {
  int status;
  std::uint64_t octets;
  std::optional<int> expect_status;
  std::optional<std::uint64_t> expect_length;
  const char* method;
  const char* expected;  // "good", "status" or "length".
};

TEST_F(AccountingTest, AResponseIsGoodIfItIsTheExpectedOne) {
  const StatusCase cases[] = {
      {200, 5, {}, {}, "GET", "good"},   {399, 5, {}, {}, "GET", "good"},
      {400, 5, {}, {}, "GET", "status"}, {500, 5, {}, {}, "GET", "status"},
      {404, 5, 404, {}, "GET", "good"},  {200, 5, 404, {}, "GET", "status"},
      {200, 5, {}, 5, "GET", "good"},    {200, 4, {}, 5, "GET", "length"},
      {200, 0, {}, 5, "HEAD", "good"},   {404, 4, {}, 5, "GET", "status"},
      {600, 5, {}, {}, "GET", "status"}, {999, 5, {}, {}, "GET", "status"},
      {999, 5, 999, {}, "GET", "good"},
  };
  for (const StatusCase& test : cases) {
    Options options;
    options.expect_status = test.expect_status;
    options.expect_length = test.expect_length;
    Accounting accounting(options, {at(0), at(0), at(10'000)}, series_);
    PreparedRequest asks;
    asks.head = test.method == std::string_view("HEAD");
    PendingRequest request = due_at(0);
    request.asks = &asks;
    accounting.finished(request, test.status, test.octets, at(5));
    const Tally& tally = accounting.tally();
    const std::string expected = test.expected;
    EXPECT_EQ(tally.succeeded, expected == "good" ? 1U : 0U) << test.status;
    EXPECT_EQ(tally.failed, expected == "good" ? 0U : 1U) << test.status;
    EXPECT_EQ(tally.bad_status, expected == "status" ? 1U : 0U) << test.status;
    EXPECT_EQ(tally.bad_length, expected == "length" ? 1U : 0U) << test.status;
    EXPECT_EQ(tally.status[static_cast<std::size_t>(test.status)], 1U);
    EXPECT_EQ(tally.octets, test.octets);
  }
}

TEST_F(AccountingTest, NothingOfTheWarmUpCounts) {
  const PendingRequest warm = due_at(-1);
  accounting().finished(warm, 200, 5, at(3));  // It ends after the warm-up, but was due during it.
  accounting().failed(warm, Stage::kSend, ErrorKind::kReset, 10, at(3));
  accounting().on_first_octet(warm, at(3));
  accounting().on_wire(warm, 10);
  accounting().on_sent_late(warm, at(3));
  accounting().on_connected(milliseconds(1), at(-1));
  accounting().on_handshake(milliseconds(1), true, at(-1));
  accounting().flush();
  EXPECT_EQ(tally().succeeded + tally().failed + tally().octets + tally().wire_octets + tally().opened +
                tally().resumed,
            0U);
  for (const Histogram* histogram : {&tally().latency, &tally().service, &tally().first_octet,
                                     &tally().lateness, &tally().connect, &tally().tls}) {
    EXPECT_EQ(histogram->count(), 0U);
  }
  EXPECT_TRUE(tally().named_errors().empty());
  EXPECT_TRUE(series_.all().empty());
}

TEST_F(AccountingTest, LatencyCountsFromWhenItWasDue) {
  options_.rate = 100;
  accounting().on_sent_late(due_at(0), at(1));
  accounting().on_first_octet(due_at(0), at(5));
  accounting().finished(due_at(0), 200, 5, at(8));
  EXPECT_EQ(tally().latency.max(), 8'000'000U);
  EXPECT_EQ(tally().service.max(), 7'000'000U) << "from when a client took it";
  EXPECT_EQ(tally().first_octet.max(), 3'000'000U) << "from when it was sent";
  EXPECT_EQ(tally().lateness.max(), 1'000'000U);
}

TEST_F(AccountingTest, ServiceIsOfTheOpenLoopAlone) {
  accounting().finished(due_at(0), 200, 5, at(8));
  EXPECT_EQ(tally().latency.count(), 1U);
  EXPECT_EQ(tally().service.count(), 0U);
}

TEST_F(AccountingTest, AResponseThatOvertakesItsRequestHasNoFirstOctet) {
  PendingRequest request = due_at(0);
  request.sent = {};
  accounting().on_first_octet(request, at(5));
  EXPECT_EQ(tally().first_octet.count(), 0U);
}

TEST_F(AccountingTest, ConnectionsAndHandshakes) {
  accounting().on_connected(milliseconds(3), at(0));
  accounting().on_connected(milliseconds(1), at(5));
  accounting().on_handshake(milliseconds(7), false, at(5));
  accounting().on_handshake(milliseconds(2), true, at(6));
  EXPECT_EQ(tally().opened, 2U);
  EXPECT_EQ(tally().connect.max(), 3'000'000U);
  EXPECT_EQ(tally().tls.max(), 7'000'000U);
  EXPECT_EQ(tally().resumed, 1U);
}

TEST_F(AccountingTest, FailuresHaveNames) {
  accounting().failed(due_at(0), Stage::kReceive, ErrorKind::kClosed, 3, at(5));
  accounting().failed(due_at(1), Stage::kReceive, ErrorKind::kClosed, 0, at(5));
  accounting().failed(due_at(1), Stage::kConnect, ErrorKind::kRefused, 0, at(5));
  accounting().finished(due_at(2), 500, 0, at(5));
  accounting().held_failed(Stage::kConnect, ErrorKind::kRefused);  // No request: not among `failed`.
  const std::map<std::string, std::uint64_t> expected = {
      {"receive closed", 2}, {"connect refused", 2}, {"response status", 1}};
  EXPECT_EQ(tally().named_errors(), expected);
  EXPECT_EQ(tally().failed, 4U);
  EXPECT_EQ(tally().octets, 3U);
}

TEST_F(AccountingTest, SeveralUrlsAreCountedApart) {
  options_.urls = {"a", "b", "c"};
  const PreparedRequest asks[] = {
      {.octets = {}, .url = 0}, {.octets = {}, .url = 1}, {.octets = {}, .url = 2}};
  const auto of_url = [&](std::size_t url) {
    PendingRequest request = due_at(0);
    request.asks = &asks[url];
    return request;
  };
  accounting().finished(of_url(0), 200, 5, at(2));
  accounting().finished(of_url(2), 404, 7, at(9));
  accounting().failed(of_url(2), Stage::kReceive, ErrorKind::kClosed, 1, at(9));
  struct Expected {
    std::uint64_t succeeded, failed, octets, slowest;
  };
  const Expected expected[] = {{1, 0, 5, 2'000'000}, {0, 0, 0, 0}, {0, 2, 8, 9'000'000}};
  ASSERT_EQ(tally().by_url.size(), 3U);
  Tally sum;
  sum.add(tally());
  sum.add(tally());
  for (std::size_t i = 0; i < 3; ++i) {
    const Answers& answers = tally().by_url[i];
    EXPECT_EQ(answers.succeeded, expected[i].succeeded) << i;
    EXPECT_EQ(answers.failed, expected[i].failed) << i;
    EXPECT_EQ(answers.octets, expected[i].octets) << i;
    EXPECT_EQ(answers.latency.max(), expected[i].slowest) << i;
    EXPECT_EQ(sum.by_url[i].requests(), 2 * answers.requests()) << i;
  }
  EXPECT_EQ(tally().requests(), 3U);
  EXPECT_EQ(tally().by_url[2].named_errors(), tally().named_errors());
}

TEST_F(AccountingTest, NotWaitingForResponsesIsSuccess) {
  options_.force = true;
  options_.expect_status = 200;
  accounting().finished(due_at(0), 0, 0, at(1));
  EXPECT_EQ(tally().succeeded, 1U);
  EXPECT_EQ(tally().status[0], 0U);
}

TEST_F(AccountingTest, EachSecondHasItsSlice) {
  struct Event {
    std::int64_t due, ended;
    bool good;
  };
  const Event events[] = {
      {0, 1, true}, {500, 999, true}, {998, 1000, true}, {3000, 3004, false}, {3000, 3999, true}};
  for (const auto& [due, ended, good] : events) {
    if (good) {
      accounting().finished(due_at(due), 200, 10, at(ended));
    } else {
      accounting().failed(due_at(due), Stage::kReceive, ErrorKind::kTimeout, 3, at(ended));
    }
  }
  accounting().flush();
  const auto seconds = series_.all();
  ASSERT_EQ(seconds.size(), 4U);
  const std::uint64_t requests[] = {2, 1, 0, 2};
  const std::uint64_t failed[] = {0, 0, 0, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(seconds[i].requests, requests[i]) << i;
    EXPECT_EQ(seconds[i].failed, failed[i]) << i;
    EXPECT_EQ(seconds[i].octets, 10 * (requests[i] - failed[i]) + 3 * failed[i]) << i;
  }
  EXPECT_DOUBLE_EQ(seconds[3].max_us, 999'000);
}

TEST_F(AccountingTest, FlushingTwiceCountsOnce) {
  accounting().finished(due_at(0), 200, 10, at(1));
  accounting().flush();
  accounting().flush();
  accounting().finished(due_at(1), 200, 10, at(2));
  accounting().flush();
  ASSERT_EQ(series_.all().size(), 1U);
  EXPECT_EQ(series_.all()[0].requests, 2U);
}

TEST_F(AccountingTest, ProgressIsWhatWasPublished) {
  accounting().finished(due_at(0), 200, 10, at(1));
  accounting().failed(due_at(0), Stage::kReceive, ErrorKind::kReset, 0, at(1));
  EXPECT_EQ(accounting().progress().requests, 0U);
  accounting().publish();
  accounting().held_open(7);
  EXPECT_EQ(accounting().progress().requests, 2U);
  EXPECT_EQ(accounting().progress().failed, 1U);
  EXPECT_EQ(accounting().progress().held, 7U);
}

TEST_F(AccountingTest, IdleConnectionsAndTheSchedulesCounts) {
  accounting().held_open(3);
  accounting().held_open(2);
  accounting().held_lost();
  accounting().scheduled(20, 4);
  EXPECT_EQ(tally().held, 2U);
  EXPECT_EQ(tally().lost, 1U);
  EXPECT_EQ(tally().due, 20U);
  EXPECT_EQ(tally().missed, 4U);
}

}  // namespace
}  // namespace pollux::castor
