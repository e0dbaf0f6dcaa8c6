// The session and a client of nghttp2, over octets in memory, and with a clock of the test.
#include "http2/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "files/static_files.h"
#include "http/echo.h"
#include "tests/http2/client.h"
#include "tests/string_sink.h"
#include "tests/take_all.h"
#include "tests/temporary_directory.h"

namespace pollux::http2 {
namespace {

using Next = net::Protocol::Next;
using Phase = net::Phase;
using std::chrono::seconds;
using test::Client;

constexpr std::uint64_t kBodyLimit = 200'000;

// Says what it was asked.
class Saying final : public http::AnsweringHandler {
 public:
  http::Response answer(const http::Request& request, const Now& /*now*/) override {
    std::string text = std::string(request.method_name) + " " + std::string(request.target) + " " +
                       std::string(request.host()) + " " + std::string(request.peer);
    if (const auto cookie = request.fields->find(http::FieldId::kCookie)) text += " " + std::string(*cookie);
    http::Response response;
    response.body = std::move(text);
    response.add_field("Content-Type", "text/plain");
    response.add_field("Connection", "keep-alive");
    response.add_content_length();
    return response;
  }
};

class Failing final : public http::AnsweringHandler {
 public:
  http::Response answer(const http::Request& /*request*/, const Now& /*now*/) override {
    throw std::runtime_error("oops");
  }
};

class Keeping final : public http::Handler {
 public:
  void handle(http::Exchange& exchange) override { kept.push_back(exchange.keep()); }
  void answer() {
    http::Response response;
    response.body = "later " + std::string(kept.front().request().target);
    kept.front().respond(std::move(response));
    kept.pop_front();
  }
  std::deque<http::Later> kept;
};

// A body made while it is sent, in pieces of a kilobyte.
class Producing final : public http::AnsweringHandler {
 public:
  explicit Producing(int pieces, bool breaks = false) : pieces_(pieces), breaks_(breaks) {}
  http::Response answer(const http::Request& /*request*/, const Now& /*now*/) override {
    class Source final : public http::BodySource {
     public:
      Source(int pieces, bool breaks) : left_(pieces), breaks_(breaks) {}
      Result produce(std::string& to, std::size_t /*room*/) override {
        if (left_ == 0) return breaks_ ? Result::kBroken : Result::kEnd;
        --left_;
        to.append(1000, 'p');
        return Result::kMore;
      }

     private:
      int left_;
      const bool breaks_;
    };
    http::Response response;
    response.body = std::make_unique<Source>(pieces_, breaks_);
    return response;
  }

 private:
  const int pieces_;
  const bool breaks_;
};

class Large final : public http::AnsweringHandler {
 public:
  http::Response answer(const http::Request& /*request*/, const Now& /*now*/) override {
    http::Response response;
    response.body = std::make_shared<const std::string>(1'000'000, 'L');
    response.add_content_length();
    return response;
  }
};

class SessionTest : public ::testing::Test {
 protected:
  // Lets both sides speak until neither has anything to say. Returns how the session wants to go on.
  net::Protocol::Step talk(bool overdue = false) {
    net::Protocol::Step step;
    for (;;) {
      const std::string sent = client_->send();
      in_.append(sent);
      step = session_->on_input({in_, out_, end_of_input_, now_, std::exchange(overdue, false)});
      const std::string answer = take();
      client_->receive(answer);
      if (sent.empty() && answer.empty()) return step;
    }
  }
  void pass(seconds time) { now_.steady += time; }

  Client::Answer& ask(std::string_view method, std::string_view path, const Client::Fields& fields = {},
                      std::optional<std::string> body = std::nullopt) {
    const std::int32_t stream = client_->ask(method, path, fields, std::move(body));
    step_ = talk();
    return client_->answer(stream);
  }

  std::string take() {
    max_queued_ = std::max(max_queued_, out_.size());
    return pollux::test::take_all(out_);
  }

  pollux::test::TemporaryDirectory directory_;
  files::FileCache cache_{
      files::ResourceLoader((directory_.write("file.txt", std::string(100'000, 'f')), directory_.path()),
                            {.index = {"index.html"}}),
      {}};
  http::ErrorPages errors_;
  files::StaticFiles files_{cache_, errors_, 16};
  Saying saying_;
  Failing failing_;
  Keeping keeping_;
  Producing producing_{300};
  Producing breaking_{1, true};
  Large large_;
  http::Echo echo_{hosts_};
  http::Router router_ = [this] {
    http::Router router(files_);
    router.add("/say", saying_);
    router.add("/fail", failing_);
    router.add("/wait", keeping_);
    router.add("/produced", producing_);
    router.add("/breaks", breaking_);
    router.add("/large", large_);
    router.add(http::Echo::kPath, echo_);
    return router;
  }();
  const http::Navigation navigation_{};
  const http::TrustedProxies proxies_{{}};
  std::string log_;
  http::AccessLog access_log_{std::make_unique<pollux::test::StringSink>(log_),
                              http::AccessLog::Format::kJson};
  std::atomic<bool> draining_{false};
  const http::Hosts hosts_{
      {.router = router_, .errors = errors_, .navigation = navigation_, .access_log = &access_log_}};
  http::Service service_{
      .hosts = hosts_,
      .limits = {.request_line = 100, .headers = 1000, .header_fields = 20, .body = kBodyLimit},
      .body_pace = {.grace = seconds(30), .octets_per_second = 512},
      .keepalive_requests = 20,
      .secure = true,
      .proxies = proxies_,
      .secure_fields = "X-Common: yes\r\n",
      .draining = draining_};
  SessionOptions options_{
      .frames = {.streams = 4}, .header = seconds(15), .body = seconds(30), .send = seconds(40)};
  std::unique_ptr<Session> session_ = std::make_unique<Session>(service_, options_, "192.0.2.7");
  std::optional<Client> client_{std::in_place};
  Buffer in_;
  OutputQueue out_;
  bool end_of_input_ = false;
  Now now_{TimePoint(std::chrono::hours(1)), WallTime(seconds(784111777))};
  net::Protocol::Step step_;
  std::uint64_t max_queued_ = 0;
};

// --- Requests and answers --------------------------------------------------------------------------

TEST_F(SessionTest, AnswersARequest) {
  const Client::Answer& answer = ask("GET", "/say?q=1");
  EXPECT_EQ(answer.status, "200");
  EXPECT_EQ(answer.body, "GET /say?q=1 a.test 192.0.2.7");
  EXPECT_TRUE(answer.ended);
  const Client::Fields expected = {{"server", "pollux"},
                                   {"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                   {"content-type", "text/plain"},
                                   {"content-length", "29"},
                                   {"x-common", "yes"}};  // Nothing of a connection.
  EXPECT_EQ(answer.fields, expected);
  EXPECT_EQ(step_.next, Next::kContinue);
  EXPECT_EQ(step_.phase, Phase::kNoStreams);
}

TEST_F(SessionTest, ServesFilesByReferenceAndSaysSoInTheLog) {
  const Client::Answer& answer = ask("GET", "/file.txt", {{"user-agent", "test"}});
  EXPECT_EQ(answer.body, std::string(100'000, 'f'));
  session_->on_close(out_.consumed());
  EXPECT_NE(log_.find(R"("host":"a.test","target":"/file.txt","version":"HTTP/2.0","stream":1,"status":200)"),
            std::string::npos)
      << log_;
  EXPECT_NE(log_.find(R"("octets":100000)"), std::string::npos) << log_;
}

TEST_F(SessionTest, JudgesHeadsAsHttp1Does) {
  const Client::Fields good = {
      {":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", "/say"}};
  const auto with = [&](std::size_t index, std::string value) {
    Client::Fields fields = good;
    fields[index].second = std::move(value);
    return fields;
  };
  const auto and_more = [&](Client::Fields more) {
    Client::Fields fields = good;
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  };
  const struct {
    const char* what;
    Client::Fields fields;
    std::string status;
  } rows[] = {
      {"good", good, "200"},
      {"the same host twice", and_more({{"host", "A.test"}}), "200"},
      {"only Host", {good[0], good[1], good[3], {"host", "b.test"}}, "200"},
      {"another host", and_more({{"host", "b.test"}}), "400"},
      {"a host that is none", with(2, "a.test:99999"), "400"},
      {"another scheme", with(1, "ftp"), "400"},
      {"an encoded slash", with(3, "/a%2fb"), "404"},
      {"above the root", with(3, "/../x"), "400"},
      {"a target that is too long", with(3, "/" + std::string(200, 'a')), "414"},
      {"a target and fields that are as long as they may be",
       {good[0], good[1], good[2], {":path", "/say?" + std::string(95, 'a')}, {"x", std::string(980, 'a')}},
       "200"},
      {"fields that are too long", and_more({{"x", std::string(999, 'a')}}), "431"},
      {"too many fields", and_more(Client::Fields(21, {"x", "y"})), "431"},
      {"a method nobody knows", with(0, "BREW"), "200"},
      {"an expectation nobody knows", and_more({{"expect", "miracles"}}), "417"},
  };
  for (const auto& row : rows) {
    session_ = std::make_unique<Session>(service_, options_, "192.0.2.7");
    client_.emplace();
    const std::int32_t stream = client_->ask_exactly(row.fields);
    (void)talk();
    EXPECT_EQ(client_->answer(stream).status, row.status) << row.what;
    EXPECT_TRUE(client_->answer(stream).ended) << row.what;
  }
}

TEST_F(SessionTest, JoinsCookiesThatComeInCrumbs) {
  EXPECT_EQ(ask("GET", "/say", {{"cookie", "a=1"}, {"cookie", "b=2"}}).body,
            "GET /say a.test 192.0.2.7 a=1; b=2");
}

TEST_F(SessionTest, AnswersTheHeadAlone) {
  const Client::Answer& answer = ask("HEAD", "/file.txt");
  EXPECT_EQ(answer.field("content-length"), "100000");
  EXPECT_EQ(answer.body, "");
  EXPECT_TRUE(answer.ended);
}

TEST_F(SessionTest, AHandlerThatFailsCostsItsStreamOnly) {
  EXPECT_EQ(ask("GET", "/fail").status, "500");
  EXPECT_EQ(ask("GET", "/say").status, "200");
}

TEST_F(SessionTest, WaitsForAnswersWithoutHoldingUpOthers) {
  const std::int32_t kept = client_->ask("GET", "/wait");
  EXPECT_EQ(talk().phase, Phase::kStreams);
  EXPECT_EQ(ask("GET", "/say").status, "200");
  EXPECT_EQ(client_->answer(kept).status, "");
  keeping_.answer();
  EXPECT_EQ(talk().phase, Phase::kNoStreams);
  EXPECT_EQ(client_->answer(kept).body, "later /wait");
}

TEST_F(SessionTest, AnAnswerForAStreamThatHasGoneHarmsNobody) {
  const std::int32_t kept = client_->ask("GET", "/wait");
  (void)talk();
  client_->reset(kept);
  EXPECT_EQ(talk().phase, Phase::kNoStreams);
  keeping_.answer();
  EXPECT_EQ(ask("GET", "/say").status, "200");
}

TEST_F(SessionTest, ARequestThatIsCalledOffAtOnceReachesNoHandler) {
  const std::int32_t kept = client_->ask("GET", "/wait");
  std::string octets = client_->send();
  client_->reset(kept);
  in_.append(octets + client_->send());
  (void)talk();
  EXPECT_TRUE(keeping_.kept.empty());
}

TEST_F(SessionTest, MakesBodiesWhileTheyAreSent) {
  EXPECT_EQ(ask("GET", "/produced").body, std::string(300'000, 'p'));
  const Client::Answer& broken = ask("GET", "/breaks");
  EXPECT_FALSE(broken.ended);
  EXPECT_EQ(broken.reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(ask("GET", "/say").status, "200");
}

// --- Bodies of requests ----------------------------------------------------------------------------

TEST_F(SessionTest, TakesBodiesUpToTheLimit) {
  EXPECT_EQ(ask("POST", "/echo", {}, "hello").body, "hello");
  EXPECT_EQ(ask("POST", "/echo", {}, "").status, "200");
  EXPECT_EQ(ask("POST", "/echo", {}, std::string(kBodyLimit, 'b')).body.size(), kBodyLimit);
  EXPECT_EQ(ask("POST", "/echo", {}, std::string(kBodyLimit + 1, 'b')).status, "413");
  EXPECT_EQ(ask("POST", "/echo", {{"content-length", "200001"}}, std::string(kBodyLimit + 1, 'b')).status,
            "413");
  EXPECT_EQ(ask("POST", "/say", {}, "not wanted").status, "200");
  EXPECT_EQ(ask("GET", "/say").status, "200");
}

TEST_F(SessionTest, TellsAClientThatWaitsToGoOn) {
  const Client::Answer& answer = ask("POST", "/echo", {{"expect", "100-continue"}}, "hello");
  EXPECT_EQ(answer.interim, std::vector<std::string>{"100"});
  EXPECT_EQ(answer.body, "hello");
}

// --- Flow control ----------------------------------------------------------------------------------

TEST_F(SessionTest, AClientThatOpensNoWindowGetsItsWindowAndHoldsUpNobody) {
  client_.emplace(1000, false);
  const std::int32_t large = client_->ask("GET", "/large");
  EXPECT_EQ(talk().phase, Phase::kStreams);
  EXPECT_EQ(client_->answer(large).body.size(), 1000U);
  EXPECT_EQ(ask("GET", "/say").status, "200");
  client_->open_window(large, 500);
  (void)talk();
  EXPECT_EQ(client_->answer(large).body.size(), 1500U);
  EXPECT_LT(session_->memory(), 100'000U);

  pass(seconds(39));
  (void)talk(true);
  EXPECT_FALSE(client_->answer(large).reset);
  pass(seconds(2));
  (void)talk(true);
  EXPECT_EQ(client_->answer(large).reset, NGHTTP2_CANCEL);
}

TEST_F(SessionTest, WhatIsQueuedIsBounded) {
  client_.emplace(2'000'000);
  client_->open_window(0, 10'000'000);
  EXPECT_EQ(ask("GET", "/large").body.size(), 1'000'000U);
  EXPECT_LE(max_queued_, 300'000U);
}

// Its answer would have its place in a queue that may never move.
TEST_F(SessionTest, WhileTheOutputIsFullNoRequestIsHandled) {
  client_.emplace(2'000'000);
  client_->open_window(0, 10'000'000);
  client_->ask("GET", "/large");
  in_.append(client_->send());
  (void)session_->on_input({in_, out_, false, now_});
  EXPECT_GE(out_.size(), 256U * 1024);
  const std::int32_t second = client_->ask("GET", "/wait");
  in_.append(client_->send());
  (void)session_->on_input({in_, out_, false, now_});
  EXPECT_TRUE(keeping_.kept.empty());
  (void)talk();
  ASSERT_EQ(keeping_.kept.size(), 1U);
  keeping_.answer();
  (void)talk();
  EXPECT_EQ(client_->answer(second).body, "later /wait");
}

// What becomes of one more, tests/e2e/test_http2.py shows: this client does not send it.
TEST_F(SessionTest, AClientIsToldHowManyStreamsThereMayBe) {
  std::vector<std::int32_t> streams;
  client_->ping();
  (void)talk();  // So that the client knows nothing yet but that it may: nghttp2 would keep to the limit.
  for (int i = 0; i < 4; ++i) streams.push_back(client_->ask("GET", "/wait"));
  (void)talk();
  EXPECT_EQ(keeping_.kept.size(), 4U);
  streams.push_back(client_->ask("GET", "/wait"));
  (void)talk();
  EXPECT_EQ(keeping_.kept.size(), 4U);  // The client keeps it back.
  keeping_.answer();
  (void)talk();
  EXPECT_EQ(keeping_.kept.size(), 4U);
  while (!keeping_.kept.empty()) keeping_.answer();
  (void)talk();
  for (const std::int32_t stream : streams) EXPECT_EQ(client_->answer(stream).body, "later /wait");
}

// --- What the tracer hears -------------------------------------------------------------------------

TEST_F(SessionTest, TheTracerHearsOfFramesWindowsAndTheStreamsBeside) {
  const std::int32_t before = client_->ask("GET", "/wait");
  (void)talk();
  trace::Recording recording;
  const trace::Scope scope(&recording);
  const std::int32_t large = client_->ask("GET", "/large");
  const std::int32_t small = client_->ask("GET", "/say?q");
  const std::int32_t body = client_->ask("POST", "/echo", {}, std::string(30'000, 'b'));
  (void)talk();
  EXPECT_TRUE(recording.answered);
  EXPECT_TRUE(recording.sent);
  ASSERT_NE(recording.streams, nullptr);
  EXPECT_EQ(recording.streams->followed(), large);

  const struct {
    std::int32_t id;
    const char* asked;
    bool begun;
    bool ended;
    std::uint64_t in;
    std::uint64_t out;  // At least.
  } lanes[] = {{before, "", false, false, 0, 0},
               {large, "GET /large", true, true, 0, 1'000'000},
               {small, "GET /say?q", true, true, 0, 10},
               {body, "POST /echo", true, true, 30'000, 30'000}};
  const std::vector<trace::Stream>& streams = recording.streams->all();
  ASSERT_EQ(streams.size(), std::size(lanes));
  for (std::size_t i = 0; i < streams.size(); ++i) {
    EXPECT_EQ(streams[i].id, lanes[i].id);
    EXPECT_EQ(streams[i].asked, lanes[i].asked);
    EXPECT_EQ(streams[i].begun.has_value(), lanes[i].begun) << streams[i].id;
    EXPECT_EQ(streams[i].ended.has_value(), lanes[i].ended) << streams[i].id;
    EXPECT_EQ(streams[i].in.octets, lanes[i].in) << streams[i].id;
    EXPECT_GE(streams[i].out.octets, lanes[i].out) << streams[i].id;
  }
  EXPECT_LT(*streams[2].begun, *streams[1].ended);
  EXPECT_LT(*streams[1].begun, *streams[2].ended);

  const auto some = [&](const auto& is_it) {
    return std::any_of(recording.notes.begin(), recording.notes.end(), [&](const trace::Note& note) {
      return note.frame && is_it(*note.frame, std::string_view(note.frame->name));
    });
  };
  EXPECT_TRUE(some([&](const trace::Frame& frame, std::string_view name) {
    return name == "DATA" && frame.out && frame.stream == large && frame.length == 16'384 &&
           frame.to_client.stream == 65'535 - 16'384;
  }));
  EXPECT_TRUE(some([&](const trace::Frame& frame, std::string_view name) {
    return name == "DATA" && frame.stream == large && frame.to_client.stream == 0;
  }));
  EXPECT_TRUE(some([&](const trace::Frame& frame, std::string_view name) {
    return name == "WINDOW_UPDATE" && !frame.out && frame.stream == 0 && !frame.to_client.stream;
  }));
  EXPECT_TRUE(some([&](const trace::Frame& frame, std::string_view name) {
    return name == "DATA" && !frame.out && frame.stream == body && frame.to_server.stream < 262'144 &&
           frame.to_server.connection < 1'048'576;
  }));
}

TEST_F(SessionTest, TheTracerHearsWhenARequestIsOver) {
  const struct {
    const char* what;
    std::function<void()> act;
    bool answered;  // And its answer has left.
    bool without_request;
  } rows[] = {
      {"an answer", [&] { (void)ask("GET", "/say"); }, true, false},
      {"one that is to come", [&] { (void)ask("GET", "/wait"); }, false, false},
      {"a request that is called off",
       [&] {
         const std::int32_t stream = client_->ask("GET", "/wait");
         (void)talk();
         client_->reset(stream);
         (void)talk();
       },
       true, false},
      {"a malformed one",
       [&] {
         (void)ask("GET", "/say", {{"Upper", "case"}});
       },
       true, false},
      {"none",
       [&] {
         client_->ping();
         (void)talk();
       },
       false, true},
  };
  (void)ask("GET", "/say");
  for (const auto& row : rows) {
    trace::Recording recording;
    const trace::Scope scope(&recording);
    row.act();
    EXPECT_EQ(recording.answered, row.answered) << row.what;
    EXPECT_EQ(recording.sent, row.answered) << row.what;
    EXPECT_EQ(recording.without_request, row.without_request) << row.what;
  }
}

TEST_F(SessionTest, TheTracerWaitsForTheLastOctet) {
  (void)talk();
  trace::Recording recording;
  const trace::Scope scope(&recording);
  (void)client_->ask("GET", "/say");
  in_.append(client_->send());
  (void)session_->on_input({in_, out_, false, now_});
  EXPECT_TRUE(recording.answered);
  EXPECT_FALSE(recording.sent);
  (void)take();
  (void)session_->on_input({in_, out_, false, now_});
  EXPECT_TRUE(recording.sent);
}

// --- Deadlines and the end -------------------------------------------------------------------------

TEST_F(SessionTest, ABodyThatDoesNotComeIsNotWaitedForForEver) {
  const std::int32_t stream = client_->ask("POST", "/echo", {}, "half", false);
  EXPECT_EQ(talk().phase, Phase::kStreams);
  pass(seconds(29));
  (void)talk(true);
  EXPECT_EQ(client_->answer(stream).status, "");
  pass(seconds(2));
  (void)talk(true);
  EXPECT_EQ(client_->answer(stream).status, "408");
  EXPECT_EQ(ask("GET", "/say").status, "200");
}

TEST_F(SessionTest, AHeadThatIsNeverFinishedEndsTheConnection) {
  (void)talk();
  const std::string head("\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82",
                         10);  // ":method: GET", and no END_HEADERS.
  in_.append(head);
  EXPECT_EQ(talk().phase, Phase::kStreams);
  pass(seconds(14));
  EXPECT_EQ(talk(true).next, Next::kContinue);
  pass(seconds(2));
  EXPECT_EQ(talk(true).next, Next::kLinger);
  EXPECT_EQ(client_->goaways.size(), 1U);
}

TEST_F(SessionTest, EndsInTwoSteps) {
  const std::int32_t kept = client_->ask("GET", "/wait");
  (void)talk();
  draining_ = true;
  step_ = talk();
  const std::vector<std::pair<std::int32_t, std::uint32_t>> both = {{0x7FFFFFFF, NGHTTP2_NO_ERROR},
                                                                    {kept, NGHTTP2_NO_ERROR}};
  EXPECT_EQ(client_->goaways, both);
  EXPECT_EQ(step_.next, Next::kContinue);
  keeping_.answer();
  EXPECT_EQ(talk().next, Next::kLinger);
  EXPECT_EQ(client_->answer(kept).body, "later /wait");
}

TEST_F(SessionTest, AnIdleConnectionEndsPolitely) {
  EXPECT_EQ(ask("GET", "/say").status, "200");
  pass(seconds(59));
  EXPECT_EQ(talk(true).phase, Phase::kNoStreams);
  client_->ping();  // That is no request.
  (void)talk();
  pass(seconds(1));
  EXPECT_EQ(talk().phase, Phase::kClosing);
  ASSERT_FALSE(client_->goaways.empty());
  EXPECT_EQ(client_->goaways[0].first, 0x7FFFFFFF);
}

TEST_F(SessionTest, WhoOnlyPingsEndsAsWhoSaysNothing) {
  for (int i = 0; i < 15; ++i) {
    client_->ping();
    EXPECT_EQ(talk().next, Next::kContinue);
    pass(seconds(1));
  }
  client_->ping();
  EXPECT_EQ(talk().next, Next::kLinger);
}

TEST_F(SessionTest, DeadlinesOfStreamsHoldBesideTraffic) {
  const std::int32_t stream = client_->ask("POST", "/echo", {}, "half", false);
  for (int i = 0; i < 31; ++i) {
    EXPECT_EQ(client_->answer(stream).status, "");
    client_->ping();
    (void)talk();
    pass(seconds(1));
  }
  EXPECT_EQ(client_->answer(stream).status, "408");
}

TEST_F(SessionTest, AHeadThatStandsForMegabytesEndsTheConnection) {
  const std::int32_t stream = client_->ask("GET", "/say", Client::Fields(20, {"x", std::string(500, 'x')}));
  step_ = talk();
  EXPECT_EQ(step_.next, Next::kLinger);
  EXPECT_EQ(client_->answer(stream).status, "");
  ASSERT_EQ(client_->goaways.size(), 1U);
  EXPECT_EQ(client_->goaways[0].second, NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(SessionTest, OfAClientThatDoesNotAnswerTheEndIsNotWaitedForForEver) {
  EXPECT_EQ(ask("GET", "/say").status, "200");
  pass(seconds(60));
  step_ = session_->on_input({in_, out_, false, now_, true});
  EXPECT_EQ(step_.phase, Phase::kClosing);
  EXPECT_FALSE(take().empty());
  step_ = session_->on_input({in_, out_, false, now_});
  EXPECT_EQ(step_.next, Next::kContinue);
  EXPECT_EQ(step_.phase, Phase::kClosing);
}

TEST_F(SessionTest, AfterItsLastRequestTheConnectionEnds) {
  for (int i = 0; i < 19; ++i) EXPECT_EQ(ask("GET", "/say").status, "200");
  EXPECT_EQ(step_.next, Next::kContinue);
  EXPECT_EQ(ask("GET", "/say").status, "200");
  EXPECT_EQ(step_.next, Next::kLinger);
}

TEST_F(SessionTest, AfterTheClientsEndItsAnswersStillLeave) {
  const std::int32_t kept = client_->ask("GET", "/wait");
  (void)talk();
  end_of_input_ = true;
  step_ = talk();
  EXPECT_EQ(step_.next, Next::kWait);
  EXPECT_EQ(step_.phase, Phase::kHandling);
  keeping_.answer();
  EXPECT_EQ(talk().next, Next::kClose);
  EXPECT_EQ(client_->answer(kept).body, "later /wait");
}

TEST_F(SessionTest, FramesThatOnlyCostTimeAreNotEndless) {
  (void)talk();
  std::string pings;
  for (int i = 0; i < 500; ++i)
    pings += std::string(
        "\x00\x00\x08\x06\x00\x00\x00\x00\x00"
        "12345678",
        17);
  for (int i = 0; i < 4; ++i) {
    in_.append(pings);
    step_ = talk();
  }
  EXPECT_EQ(step_.next, Next::kLinger);
  ASSERT_EQ(client_->goaways.size(), 1U);
  EXPECT_EQ(client_->goaways[0].second, NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(SessionTest, FramesOnStreamsThatHaveEndedEndTheConnection) {
  EXPECT_EQ(ask("GET", "/say").status, "200");
  in_.append(std::string("\x00\x00\x01\x01\x05\x00\x00\x00\x01\x82", 10));  // HEADERS on stream 1.
  EXPECT_EQ(talk().next, Next::kLinger);
  ASSERT_EQ(client_->goaways.size(), 1U);
  EXPECT_EQ(client_->goaways[0].second, NGHTTP2_STREAM_CLOSED);
}

TEST_F(SessionTest, DataOnStreamsThatHaveEndedDoesSo) {
  EXPECT_EQ(ask("GET", "/say").status, "200");
  for (const char octet : std::string("\x00\x00\x01\x00\x00\x00\x00\x00\x01x", 10)) {
    in_.append(std::string(1, octet));
    step_ = talk();
    if (step_.next != Next::kContinue) break;
  }
  ASSERT_EQ(client_->goaways.size(), 1U);
  EXPECT_EQ(client_->goaways[0].second, NGHTTP2_STREAM_CLOSED);
}

TEST_F(SessionTest, WhatIsNoHttp2Ends) {
  in_.append("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const auto step = session_->on_input({in_, out_, false, now_});
  EXPECT_EQ(step.next, Next::kLinger);
}

}  // namespace
}  // namespace pollux::http2
