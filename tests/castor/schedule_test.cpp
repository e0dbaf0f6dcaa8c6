#include "castor/schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux::castor {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

TimePoint moment(std::int64_t ms) { return TimePoint{} + std::chrono::hours(1) + milliseconds(ms); }

std::int64_t ms_of(TimePoint time) { return duration_cast<milliseconds>(time - moment(0)).count(); }

// A run of ten seconds from 0 on, without a warm-up.
Timetable seconds(std::int64_t count, std::int64_t warmup_ms = 0) {
  return {moment(0), moment(warmup_ms), moment(warmup_ms + count * 1000)};
}

Options clients(std::size_t count) {
  Options options;
  options.clients = count;
  return options;
}

Options open_loop(double rate, std::size_t clients_of_it = 1) {
  Options options = clients(clients_of_it);
  options.rate = rate;
  return options;
}

// All requests that can be had now: how many.
std::uint64_t take_all(Schedule& schedule, TimePoint now) {
  std::uint64_t count = 0;
  while (schedule.next(now)) ++count;
  return count;
}

TEST(Share, IsOfAllTogetherAllThereIs) {
  struct Case {
    std::size_t all, threads;
    std::vector<std::size_t> shares;
  };
  const Case cases[] = {
      {10, 3, {4, 3, 3}}, {3, 3, {1, 1, 1}}, {2, 3, {1, 1, 0}}, {0, 2, {0, 0}}, {7, 1, {7}}};
  for (const auto& [all, threads, shares] : cases) {
    for (std::size_t i = 0; i < threads; ++i) EXPECT_EQ((Share{i, threads}.of(all)), shares[i]) << all;
  }
}

TEST(Schedule, ClosedLoopSendsAtOnceUntilTheEnd) {
  Schedule schedule(clients(1), seconds(10, 500), {});
  const auto warm = schedule.next(moment(499));
  ASSERT_TRUE(warm);
  EXPECT_FALSE(warm->measured);
  const auto request = schedule.next(moment(500));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->measured);
  EXPECT_EQ(request->due, moment(500));
  EXPECT_EQ(request->begun, moment(500));
  EXPECT_TRUE(schedule.next(moment(10'499)));
  EXPECT_FALSE(schedule.next(moment(10'500)));
}

TEST(Schedule, OpenLoopDealsTheRateOutToThreads) {
  struct Case {
    double rate;
    std::size_t threads, index;
    std::vector<std::int64_t> due;
  };
  const Case cases[] = {
      {10, 1, 0, {0, 100, 200, 300}},
      {10, 2, 0, {0, 200, 400}},
      {10, 2, 1, {100, 300, 500}},
      {1, 3, 2, {2000, 5000, 8000}},
  };
  for (const auto& [rate, threads, index, due] : cases) {
    Schedule schedule(open_loop(rate, threads), seconds(10), {index, threads});
    for (const std::int64_t ms : due) {
      EXPECT_FALSE(schedule.next(moment(ms) - Nanoseconds(1))) << rate << " " << ms;
      const auto request = schedule.next(moment(ms));
      ASSERT_TRUE(request) << rate << " " << ms;
      EXPECT_EQ(ms_of(request->due), ms);
    }
  }
}

// Coordinated omission: the server stands still from 1 s to 3 s, and every request of that time is due still.
TEST(Schedule, OpenLoopOmitsNothing) {
  Schedule schedule(open_loop(1000), seconds(10), {});
  EXPECT_EQ(take_all(schedule, moment(999)), 1000U);
  const auto first = schedule.next(moment(3000));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->due, moment(1000));
  EXPECT_EQ(first->begun, moment(3000));
  EXPECT_EQ(take_all(schedule, moment(3000)), 2000U);
  EXPECT_EQ(schedule.due(), 3001U);
}

TEST(Schedule, TheBudgetIsSharedAndOfMeasuredRequests) {
  for (const std::size_t index : {0U, 1U}) {
    Options options = clients(2);
    options.requests = 7;
    Schedule schedule(options, {moment(0), moment(100), TimePoint::max()}, {index, 2});
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(schedule.next(moment(50)));  // The warm-up costs nothing of it.
    EXPECT_FALSE(schedule.over());
    EXPECT_EQ(take_all(schedule, moment(100)), index == 0 ? 4U : 3U);
    EXPECT_TRUE(schedule.over());
    EXPECT_FALSE(schedule.next(moment(100)));
  }
}

struct MissedCase {
  const char* name;
  double rate;
  std::int64_t warmup;     // Milliseconds,
  std::int64_t stop;       // all of them.
  std::int64_t taken_at;   // Requests that were due by then were sent; -1: none.
  std::uint64_t requests;  // -n; 0: none.
  std::uint64_t due;
  std::uint64_t missed;
};

TEST(Schedule, MissedRequestsAreCounted) {
  const MissedCase cases[] = {
      {"none", 1000, 0, 1000, 1000, 0, 1000, 0},
      {"all", 1000, 0, 1000, -1, 0, 1000, 1000},
      {"of the second half", 1000, 0, 1000, 499, 0, 1000, 500},
      {"interrupted", 1000, 0, 300, -1, 0, 300, 300},
      {"none of the warm-up", 1000, 500, 1500, -1, 0, 1000, 1000},
      {"interrupted during the warm-up", 1000, 500, 300, -1, 0, 0, 0},
      {"sent in the warm-up, then none", 1000, 500, 1500, 499, 0, 1000, 1000},
      {"no more than -n", 1000, 0, 1000, -1, 20, 20, 20},
      {"-n, some sent", 1000, 0, 1000, 4, 20, 20, 15},
      {"looked at late", 1000, 0, 1700, 1700, 0, 1000, 0},
      {"stopped late", 1000, 0, 1700, -1, 0, 1000, 1000},
  };
  for (const MissedCase& test : cases) {
    Options options = open_loop(test.rate);
    if (test.requests > 0) options.requests = test.requests;
    Schedule schedule(options, seconds(1, test.warmup), {});
    if (test.taken_at >= 0) (void)take_all(schedule, moment(test.taken_at));
    schedule.stop(moment(test.stop));
    schedule.stop(moment(test.stop + 1));  // It counts once.
    EXPECT_EQ(schedule.due(), test.due) << test.name;
    EXPECT_EQ(schedule.missed(), test.missed) << test.name;
  }
}

TEST(Schedule, FreeClientsTakeTurns) {
  Schedule schedule(open_loop(10, 3), seconds(10), {});
  for (const Schedule::ClientId client : {2U, 0U, 2U, 1U})
    schedule.wait_for_request(client);  // 2 is there once.
  for (const Schedule::ClientId expected : {2U, 0U, 1U}) {
    EXPECT_EQ(schedule.take_free(moment(0)), expected);
  }
  EXPECT_EQ(schedule.take_free(moment(0)), std::nullopt);
  (void)schedule.next(moment(0));
  schedule.wait_for_request(2);
  EXPECT_EQ(schedule.take_free(moment(99)), std::nullopt) << "the next is due at 100";
  EXPECT_EQ(schedule.take_free(moment(100)), 2U);
  schedule.wait_for_request(0);
  schedule.stop(moment(100));
  EXPECT_EQ(schedule.take_free(moment(200)), std::nullopt);
}

TEST(Schedule, ClosedLoopKeepsNoListOfFreeClients) {
  Schedule schedule(clients(1), seconds(10), {});
  schedule.wait_for_request(0);
  EXPECT_EQ(schedule.take_free(moment(1)), std::nullopt);
}

TEST(Schedule, ClientsBeginDuringTheRamp) {
  Options options = clients(6);
  options.idle = 2;
  options.ramp = Seconds(2);
  Schedule schedule(options, seconds(10), {0, 2});  // Three of the clients, one that holds.
  EXPECT_EQ(schedule.clients(), 4U);
  EXPECT_EQ(schedule.first_held(), 3U);
  for (const std::int64_t ms : {0, 500, 1000, 1500}) {
    EXPECT_EQ(schedule.take_waiting(moment(ms) - Nanoseconds(1)), std::nullopt);
    EXPECT_EQ(schedule.next_wake(moment(ms)), moment(ms));
    EXPECT_EQ(schedule.take_waiting(moment(ms)), static_cast<Schedule::ClientId>(ms / 500));
  }
  EXPECT_EQ(schedule.take_waiting(moment(9000)), std::nullopt);
}

TEST(Schedule, ClientsComeBackWhenTheyWantedTo) {
  Schedule schedule(clients(2), seconds(10), {});
  EXPECT_TRUE(schedule.take_waiting(moment(0)) && schedule.take_waiting(moment(0)));
  schedule.later(1, moment(30));
  schedule.later(0, moment(20));
  EXPECT_EQ(schedule.waiting(), 2U);
  EXPECT_EQ(schedule.take_waiting(moment(19)), std::nullopt);
  EXPECT_EQ(schedule.take_waiting(moment(40)), 0U);
  EXPECT_EQ(schedule.take_waiting(moment(40)), 1U);
}

TEST(Schedule, ConnectionsAreOpenedAFewAtATime) {
  Schedule schedule(clients(300), seconds(10), {});
  int begun = 0;
  for (; schedule.take_waiting(moment(0)); ++begun) schedule.connecting(1);
  EXPECT_EQ(begun, Schedule::kMaxConnecting);
  EXPECT_EQ(schedule.next_wake(moment(0)), moment(1));
  schedule.connecting(-1);
  EXPECT_TRUE(schedule.take_waiting(moment(0)));
}

TEST(Schedule, WakesForWhateverComesFirst) {
  Schedule schedule(open_loop(10, 2), seconds(1), {});
  EXPECT_EQ(schedule.next_wake(moment(0)), moment(0)) << "clients begin";
  EXPECT_TRUE(schedule.take_waiting(moment(0)) && schedule.take_waiting(moment(0)));
  EXPECT_EQ(schedule.next_wake(moment(0)), moment(1000)) << "the end: nobody is free";
  (void)schedule.next(moment(0));
  schedule.wait_for_request(0);
  EXPECT_EQ(schedule.next_wake(moment(0)), moment(100)) << "a request is due";
  schedule.later(1, moment(50));
  EXPECT_EQ(schedule.next_wake(moment(0)), moment(50)) << "a client comes back";
  EXPECT_EQ(schedule.take_waiting(moment(50)), 1U);
  schedule.stop(moment(60));
  EXPECT_EQ(schedule.next_wake(moment(60)), moment(60) + Schedule::kPatience) << "the end of patience";
}

TEST(Schedule, TheLastResponsesAreWaitedForWithinABound) {
  constexpr auto kPatience = Schedule::kPatience;
  Options options = clients(1);
  Schedule schedule(options, seconds(1), {});
  EXPECT_FALSE(schedule.finished(moment(999)));
  EXPECT_TRUE(schedule.next(moment(999)) && schedule.next(moment(999)));
  schedule.stop(moment(1000));
  EXPECT_FALSE(schedule.finished(moment(1000)));
  schedule.settled();
  EXPECT_FALSE(schedule.finished(moment(1001)));
  EXPECT_FALSE(schedule.finished(moment(1000) + kPatience - Nanoseconds(1)));
  EXPECT_TRUE(schedule.finished(moment(1000) + kPatience)) << "patience has an end";
  schedule.settled();
  EXPECT_TRUE(schedule.finished(moment(1001))) << "and is not needed when all have ended";
}

TEST(Schedule, WithANumberOfRequestsTheirTimeoutIsWaitedFor) {
  Options options = clients(1);
  options.requests = 1;
  options.timeout = Seconds(30);
  Schedule schedule(options, {moment(0), moment(0), TimePoint::max()}, {});
  EXPECT_EQ(take_all(schedule, moment(0)), 1U);
  EXPECT_FALSE(schedule.finished(moment(29'999)));
  EXPECT_TRUE(schedule.finished(moment(30'000)));
  schedule.stop(moment(10'000));  // The user does not want to wait that long.
  schedule.stop(moment(12'000));
  EXPECT_FALSE(schedule.finished(moment(14'999)));
  EXPECT_TRUE(schedule.finished(moment(15'000)));
}

}  // namespace
}  // namespace pollux::castor
