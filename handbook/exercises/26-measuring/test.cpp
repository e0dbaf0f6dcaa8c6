#include "check.h"

namespace {

// Takes `service` for each request, and does nothing from `stop` until `go_on`.
struct Server {
  Answer operator()(long now) {
    asked.push_back(now);
    long at = std::max(now, free) + service;
    if (at > stop && now < go_on) at = std::max(at, go_on + service);
    free = at;
    return {at, 200, 586, 586};
  }

  long service = 1;
  long stop = 0;
  long go_on = 0;
  long free = 0;
  std::vector<long> asked{};
};

Report run(Server& server, long interval, long duration) {
  return measure([&](long now) { return server(now); }, interval, duration);
}

void a_server_that_is_fast() {
  Server server;
  const Report report = run(server, 10, 1000);
  CHECK_EQ(report.requests, 100);
  CHECK_EQ(report.succeeded, 100);
  CHECK_EQ(report.p99, 1);
  CHECK_EQ(report.highest, 1);
  CHECK_EQ(server.asked.size(), std::size_t{100});
  CHECK_EQ(server.asked.at(1), 10);
}

// 20 of 100 requests are due while it stands.
void a_server_that_stands_still() {
  Server server{.stop = 400, .go_on = 600};
  const Report report = run(server, 10, 1000);
  CHECK_EQ(report.requests, 100);
  CHECK_EQ(report.highest, 201);  // Due at 400.
  CHECK_EQ(report.p99, 192);      // Due at 410, and second in the queue.
  CHECK_EQ(server.asked.at(40), 400);
  CHECK_EQ(server.asked.at(41), 601);
  CHECK_EQ(server.asked.at(42), 602);
}

// Each request finds one more before it.
void a_server_that_is_too_slow() {
  Server server{.service = 20};
  const Report report = run(server, 10, 1000);
  CHECK_EQ(report.requests, 100);
  CHECK_EQ(report.highest, 100 * 20 - 990);
  CHECK_EQ(report.p99, 99 * 20 - 980);
}

void what_has_succeeded() {
  const auto answers = [](int status, long announced, long received) {
    return measure([=](long now) { return Answer{now + 1, status, announced, received}; }, 10, 100).succeeded;
  };
  CHECK_EQ(answers(200, 586, 586), 10);
  CHECK_EQ(answers(304, 0, 0), 10);
  CHECK_EQ(answers(404, 112, 112), 0);
  CHECK_EQ(answers(503, 0, 0), 0);
  CHECK_EQ(answers(200, 586, 293), 0);
  CHECK_EQ(answers(200, 586, 600), 0);
}

// The n-th takes n ms, and they do not wait for each other.
void the_percentile() {
  for (const long count : {1L, 50L, 100L, 150L, 200L, 1000L}) {
    long n = 0;
    const Report report = measure(
        [&](long now) {
          return Answer{now + ++n, 200, 0, 0};
        },
        10'000, count * 10'000);
    CHECK_EQ(report.requests, count);
    CHECK_EQ(report.p99, (count * 99 + 99) / 100);
    CHECK_EQ(report.highest, count);
  }
}

}  // namespace

int main() {
  a_server_that_is_fast();
  a_server_that_stands_still();
  a_server_that_is_too_slow();
  what_has_succeeded();
  the_percentile();
  return exercise::verdict();
}
