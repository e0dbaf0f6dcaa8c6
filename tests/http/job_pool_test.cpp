// Jobs of kept exchanges: what holds whom, and what is refused, with latches and a clock of the test's own.
#include "http/job_pool.h"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/fake_clock.h"
#include "tests/http/two_hosts.h"

namespace pollux::http {
namespace {

// Answers with the target; "/slow" and "/gate" wait until the test lets them, "/fails" throws.
class Waiting final : public JobHandler {
 public:
  explicit Waiting(JobPool*& pool) : pool_(pool) {}

  Response answer(const Request& request, const Now& /*now*/) override {
    if (request.target == "/slow") {
      begun.count_down();
      go_on.wait();
    }
    if (request.target == "/gate") {
      at_the_gate.count_down();
      gate.wait();
    }
    if (request.target == "/fails") throw std::runtime_error("oops");
    Response response;
    response.body = std::string(request.target);
    return response;
  }

  std::latch begun{1};
  std::latch go_on{1};
  std::latch at_the_gate{2};
  std::latch gate{1};

 private:
  JobPool* pool_for(const Request& request) const override {
    return request.target == "/now" ? nullptr : pool_;
  }

  JobPool*& pool_;
};

class JobPoolTest : public testing::Test {
 protected:
  // A session's side of one exchange.
  struct Asked final : ExchangeHost {
    explicit Asked(const char* target, const char* host) {
      request.target = target;
      request.uri.authority = host;
    }
    Owned own_request() override { return {nullptr, request, nullptr}; }

    Request request;
    std::shared_ptr<PendingExchange> pending;
    std::optional<Response> at_once;
  };

  std::unique_ptr<Asked> ask(const char* target, const char* host = "any.test") {
    auto asked = std::make_unique<Asked>(target, host);
    const Now now = clock_.read();
    Exchange exchange(asked->request, now, *asked);
    handler_.handle(exchange);
    asked->pending = exchange.pending();
    asked->at_once = std::move(exchange.response());
    return asked;
  }

  // Of an answer that has come, or is about to.
  static int status_of(const Asked& asked) {
    while (!asked.pending->answered()) std::this_thread::yield();
    return code(asked.pending->take_response().status);
  }

  // The same, of a 503.
  static bool has_page_of_the_other_site(const Asked& asked) {
    while (!asked.pending->answered()) std::this_thread::yield();
    const Response response = asked.pending->take_response();
    EXPECT_EQ(response.status, Status::kServiceUnavailable);
    return TwoHosts::is_page(response);
  }

  void open(std::size_t threads, std::size_t queue) {
    pool_.emplace(
        JobPoolOptions{.name = "test", .threads = threads, .queue = queue, .patience = milliseconds(1000)},
        sites_.hosts(), clock_);
    place_ = &*pool_;
  }

  test::FakeClock clock_;
  const TwoHosts sites_{{Status::kServiceUnavailable}};
  JobPool* place_ = nullptr;
  Waiting handler_{place_};
  std::optional<JobPool> pool_;
};

// All are queued before a thread is free: one that took several would have the others wait behind the slow
// one.
TEST_F(JobPoolTest, ASlowJobHoldsNobodyWhileAThreadIsIdle) {
  open(2, 64);
  const auto first = ask("/gate");
  const auto second = ask("/gate");
  handler_.at_the_gate.wait();
  const auto slow = ask("/slow");
  std::vector<std::unique_ptr<Asked>> others;
  for (int i = 0; i < 6; ++i) others.push_back(ask("/quick"));
  handler_.gate.count_down();
  for (const auto& other : others) EXPECT_EQ(status_of(*other), 200);
  EXPECT_FALSE(slow->pending->answered());
  handler_.go_on.count_down();
  EXPECT_EQ(status_of(*slow), 200);
  EXPECT_EQ(status_of(*first), 200);
  EXPECT_EQ(status_of(*second), 200);
}

TEST_F(JobPoolTest, TheQueueIsBoundedInLength) {
  open(1, 2);
  const auto slow = ask("/slow");
  handler_.begun.wait();
  const auto first = ask("/a");
  const auto second = ask("/b");
  const auto third = ask("/c");
  EXPECT_EQ(status_of(*third), 503) << "at once, while the thread is busy";
  handler_.go_on.count_down();
  EXPECT_EQ(status_of(*first), 200);
  EXPECT_EQ(status_of(*second), 200);
}

TEST_F(JobPoolTest, TheQueueIsBoundedInTime) {
  open(1, 8);
  const auto slow = ask("/slow");
  handler_.begun.wait();
  const auto early = ask("/early");
  clock_.advance(milliseconds(999));
  const auto late = ask("/late");
  clock_.advance(milliseconds(2));
  handler_.go_on.count_down();
  EXPECT_EQ(status_of(*slow), 200) << "what has begun is not thrown away";
  EXPECT_EQ(status_of(*early), 503);
  EXPECT_EQ(status_of(*late), 200);
}

TEST_F(JobPoolTest, ARefusalIsThePageOfTheSiteThatWasAsked) {
  open(1, 1);
  const auto slow = ask("/slow");
  handler_.begun.wait();
  const auto late = ask("/late", "other.test");
  const auto other = ask("/full", "other.test");
  const auto any = ask("/full");
  clock_.advance(milliseconds(1001));
  handler_.go_on.count_down();
  EXPECT_TRUE(has_page_of_the_other_site(*other));
  EXPECT_TRUE(has_page_of_the_other_site(*late));
  EXPECT_FALSE(has_page_of_the_other_site(*any));
}

TEST_F(JobPoolTest, ItsEndFinishesWhatIsQueued) {
  open(1, 8);
  const auto slow = ask("/slow");
  handler_.begun.wait();
  const auto queued = ask("/queued");
  handler_.go_on.count_down();
  pool_->end();
  EXPECT_TRUE(slow->pending->answered());
  EXPECT_TRUE(queued->pending->answered());
}

TEST_F(JobPoolTest, AFailureIsA500AndWhatNeedsNoWaitIsAnsweredAtOnce) {
  open(1, 8);
  EXPECT_EQ(status_of(*ask("/fails")), 500);
  const auto now = ask("/now");
  EXPECT_EQ(now->pending, nullptr);
  ASSERT_TRUE(now->at_once);
  EXPECT_EQ(now->at_once->status, Status::kOk);
}

}  // namespace
}  // namespace pollux::http
