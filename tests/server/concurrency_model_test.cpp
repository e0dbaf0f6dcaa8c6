// The models with connections on real sockets. No loop runs here: the test calls what a loop would call.
#include "server/concurrency_model.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/connection_set.h"
#include "tests/fake_clock.h"
#include "tests/tls/support.h"

namespace pollux::server {
namespace {

test::FakeClock loop_clock;

// Answers whatever comes with one octet: 'l' if it was served on the thread of the test, which is the loop's,
// otherwise 'w'. What begins with an s is slow: it takes six milliseconds.
class Terse final : public net::Protocol {
 public:
  Step on_input(Io io) override {
    if (io.in.readable().starts_with('s')) loop_clock.advance(milliseconds(6));
    if (!io.in.empty()) io.out.append(std::this_thread::get_id() == loop_thread_ ? "l" : "w");
    io.in.consume(io.in.size());
    return {};
  }
  void on_trouble(Io io, Trouble) override { io.out.append("t"); }
  void on_close(std::uint64_t) override {}
  void trim() override {}

 private:
  const std::thread::id loop_thread_ = std::this_thread::get_id();
};

class TerseTerms final : public net::Terms {
 public:
  TerseTerms() : Terms(net::Timeouts()) {}
  std::unique_ptr<net::Protocol> new_protocol(std::string) const override {
    return std::make_unique<Terse>();
  }
};

// Each reading is a millisecond after the last one.
TimePoint ticking_now;
TimePoint read_ticking_clock() { return std::exchange(ticking_now, ticking_now + milliseconds(1)); }
const test::FunctionClock ticking_clock(read_ticking_clock);

class ConcurrencyModelTest : public testing::Test {
 protected:
  ConcurrencyModelTest() { ticking_now = loop_.now().steady; }
  ~ConcurrencyModelTest() override {
    model_.reset();
    set_.cut_off();
  }

  // The client's end of a connection whose first octets are there when it is adopted.
  UniqueFd connect(std::string_view first, std::unique_ptr<tls::Session> tls = nullptr) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    UniqueFd client(ends[1]);
    EXPECT_EQ(::write(client.get(), first.data(), first.size()), static_cast<ssize_t>(first.size()));
    set_.adopt(UniqueFd(ends[0]), net::Transport(std::move(tls)), terms_, std::make_unique<Terse>(),
               std::get<net::Admission::Place>(admission_.admit(net::SocketAddress())));
    return client;
  }
  UniqueFd connect_tls() {
    tls::Session client(client_context_.make_ssl("a.test"), nullptr);
    EXPECT_EQ(client.begin(), tls::Session::Result::kOk);
    return connect(client.output().readable(),
                   std::make_unique<tls::Session>(context_->make_ssl(), context_));
  }

  // Of `clients`: those who have got something; or those whose connection has ended.
  static std::size_t answered(const std::vector<UniqueFd>& clients) {
    return count(clients, [](ssize_t got) { return got > 0; });
  }
  static std::size_t ended(const std::vector<UniqueFd>& clients) {
    return count(clients, [](ssize_t got) { return got == 0 || (got < 0 && errno != EAGAIN); });
  }

  net::Admission admission_{2000, 0};
  net::EventLoop loop_{loop_clock};
  std::unique_ptr<ConcurrencyModel> model_;

 private:
  template <class Predicate>
  static std::size_t count(const std::vector<UniqueFd>& clients, Predicate predicate) {
    std::size_t found = 0;
    for (const UniqueFd& client : clients) {
      char octet = 0;
      if (predicate(::recv(client.get(), &octet, 1, MSG_PEEK | MSG_DONTWAIT))) ++found;
    }
    return found;
  }

  const std::shared_ptr<const net::Terms> terms_ = std::make_shared<TerseTerms>();
  const tls::test::TemporaryDirectory directory_;
  const tls::test::Authority authority_{directory_};
  const tls::ClientContext client_context_{{.ca_file = authority_.file()}};
  tls::TicketKeys keys_;
  const std::shared_ptr<const tls::ServerContext> context_ = std::make_shared<const tls::ServerContext>(
      std::vector{authority_.issue({.name = "a", .alternatives = "DNS:a.test"})}, keys_);

 protected:
  MemoryBudget memory_{1024UL * 1024 * 1024};
  net::ConnectionSet set_{loop_,
                          {.conversation = {.memory = memory_, .clock = loop_.clock()}, .epoll = {}},
                          [this](net::Connection& connection) { model_->on_ready(connection); }};
};

TEST_F(ConcurrencyModelTest, TheMultiReactorServesRequestsBeforeHandshakesAndTheseAFewAtATime) {
  model_ = std::make_unique<LoopModel>(loop_, QueueLimits{.capacity = 5, .patience = milliseconds(1000)},
                                       ticking_clock);
  std::vector<UniqueFd> handshakes;
  for (int i = 0; i < 6; ++i) handshakes.push_back(connect_tls());
  std::vector<UniqueFd> requests;
  requests.push_back(connect("request"));
  EXPECT_EQ(answered(requests), 1U);
  EXPECT_EQ(answered(handshakes), 0U);
  EXPECT_EQ(ended(handshakes), 1U);                      // There was no room for it.
  for (const std::size_t expected : {2U, 4U, 5U, 5U}) {  // A slice is two milliseconds.
    model_->on_end_of_batch();
    EXPECT_EQ(answered(handshakes), expected);
  }
}

TEST_F(ConcurrencyModelTest, TheMultiReactorClosesHandshakesThatHaveWaitedTooLong) {
  model_ = std::make_unique<LoopModel>(loop_, QueueLimits{.capacity = 5, .patience = milliseconds(1)},
                                       ticking_clock);
  std::vector<UniqueFd> handshakes;
  for (int i = 0; i < 5; ++i) handshakes.push_back(connect_tls());
  model_->on_end_of_batch();  // At 0 and 1.
  EXPECT_EQ(answered(handshakes), 2U);
  model_->on_end_of_batch();
  EXPECT_EQ(answered(handshakes), 2U);
  EXPECT_EQ(ended(handshakes), 2U);
  model_.reset();  // And those that are left when it ends.
  EXPECT_EQ(ended(handshakes), 3U);
}

// More than a batch holds are ready before the loop says that it is over.
TEST_F(ConcurrencyModelTest, APooledModelTakesAnyNumberOfConnections) {
  constexpr int kMany = 290;
  const QueueLimits limits{.capacity = 2 * kMany, .patience = milliseconds(600'000)};
  for (const bool proactor : {true, false}) {
    if (proactor) {
      model_ = std::make_unique<Proactor>(loop_, 2, false, limits);
    } else {
      model_ = std::make_unique<Reactor>(loop_, 2, false, limits);
    }
    std::vector<UniqueFd> clients;
    for (int i = 0; i < kMany; ++i) clients.push_back(i % 10 == 0 ? connect_tls() : connect("request"));
    model_->on_end_of_batch();
    for (const UniqueFd& client : clients) {
      char octet = 0;
      EXPECT_EQ(::fcntl(client.get(), F_SETFL, 0), 0);
      EXPECT_EQ(::read(client.get(), &octet, 1), 1);
    }
    model_.reset();
  }
}

// The clock of the loop stands still, so every turn but the first one follows another closely. It goes on for
// what is slow alone: whoever waits for a disk on the loop has everybody wait.
TEST_F(ConcurrencyModelTest, ABusyLoopServesAShareItself) {
  struct Turn {
    std::size_t clients;
    const char* served_by;  // In any order: sorted.
    const char* request = "request";
  };
  struct Case {
    bool loop_serves;
    std::vector<Turn> turns;
  };
  const QueueLimits limits{.capacity = 100, .patience = milliseconds(600'000)};
  for (const Case& one : {
           Case{true, {{2, "ww"}, {1, "l"}, {2, "lw"}, {7, "llllwww"}, {1, "l"}}},
           Case{true, {{2, "ww"}, {1, "l"}, {1, "l", "slow"}, {1, "w"}, {2, "ww"}}},
           Case{false, {{2, "ww"}, {1, "w"}, {7, "wwwwwww"}}},
       }) {
    model_ = std::make_unique<Proactor>(loop_, 1, one.loop_serves, limits);
    for (const Turn& turn : one.turns) {
      std::vector<UniqueFd> clients;
      for (std::size_t i = 0; i < turn.clients; ++i) clients.push_back(connect(turn.request));
      model_->on_end_of_batch();
      std::string served_by;
      for (const UniqueFd& client : clients) {
        char octet = 0;
        EXPECT_EQ(::fcntl(client.get(), F_SETFL, 0), 0);
        EXPECT_EQ(::read(client.get(), &octet, 1), 1);
        served_by += octet;
      }
      std::sort(served_by.begin(), served_by.end());
      EXPECT_EQ(served_by, turn.served_by) << turn.clients << (one.loop_serves ? " shared" : " lent");
    }
    model_.reset();
  }
}

}  // namespace
}  // namespace pollux::server
