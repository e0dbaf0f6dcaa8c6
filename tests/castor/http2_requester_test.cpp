// HTTP/2 of one client, octets in and octets out: no socket, and a clock that stands still until told.
#include "castor/http2_requester.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/client/frames.h"

namespace pollux::castor {
namespace {

using namespace frames;

using Next = Requester::Next;
using std::chrono::milliseconds;

class Http2RequesterTest : public testing::Test {
 protected:
  Http2RequesterTest() {
    options_.version = HttpVersion::k2;
    options_.keep_alive = true;
    options_.streams = 3;
    origin_.requests = {request("/")};
  }

  static PreparedRequest request(const std::string& path, const std::string& body = {}) {
    return {.octets = body,
            .fields = {{":method", body.empty() ? "GET" : "POST"},
                       {":scheme", "http"},
                       {":authority", "a"},
                       {":path", path}}};
  }

  // A client with options as they are by now.
  void make() {
    schedule_.emplace(options_, Timetable{now_, now_}, Share{});
    accounting_.emplace(options_, Timetable{now_, now_}, series_);
    picker_.emplace(origin_);
    requester_.emplace(Books{options_, *schedule_, *accounting_}, *picker_, options_.streams);
  }
  // With its first connection: the requests that it has room for are on it.
  void begin() {
    make();
    fill();
    requester_->opened(now_);
    (void)flush();
  }
  std::size_t fill() {
    std::size_t count = 0;
    for (; requester_->has_room(); ++count) requester_->push(schedule_->next(now_).value(), now_);
    return count;
  }
  // All that is to be sent.
  std::string flush() {
    std::string sent;
    std::array<iovec, 4> pieces;
    while (!requester_->all_sent()) {
      if (requester_->unsent(pieces, now_) == 0) break;
      sent.append(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len);
      requester_->sent(pieces[0].iov_len, now_);
    }
    return sent;
  }
  std::string sends() { return summary_of(frames_of(flush())); }
  Requester::Step hear(std::string_view octets) {
    Buffer in;
    in.append(octets);
    const Requester::Step step = requester_->read(in, now_);
    EXPECT_TRUE(in.empty()) << "frames that are not whole are kept below";
    return step;
  }
  // As the client does it.
  void lose(const Requester::Step& step) {
    EXPECT_EQ(step.next, Next::kFailed);
    requester_->fail(step.stage, step.kind, now_);
    requester_->closed();
  }
  void reopen() {
    requester_->closed();
    requester_->opened(now_);
  }
  void advance(Nanoseconds time) { now_ += time; }

  [[nodiscard]] const Tally& tally() const { return accounting_->tally(); }
  // "2 good, 1 receive closed"
  [[nodiscard]] std::string outcome() const {
    std::string text = std::to_string(tally().succeeded) + " good";
    for (const auto& [name, count] : tally().named_errors())
      text += ", " + std::to_string(count) + " " + name;
    return text;
  }

  Options options_;
  Origin origin_;
  std::optional<RequestPicker> picker_;
  Series series_;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);
  std::optional<Schedule> schedule_;
  std::optional<Accounting> accounting_;
  std::optional<Http2Requester> requester_;
};

TEST_F(Http2RequesterTest, AConnectionBeginsWithThePrefaceAndTheRequests) {
  origin_.requests = {request("/a"), request("/b")};
  make();
  EXPECT_TRUE(requester_->empty());
  EXPECT_EQ(fill(), 3U);
  EXPECT_TRUE(requester_->all_sent()) << "there is no connection yet";
  requester_->opened(now_);
  EXPECT_FALSE(requester_->all_sent());
  const std::string octets = flush();
  ASSERT_TRUE(octets.starts_with(kPreface));
  const std::vector<SentFrame> frames = frames_of(octets);
  ASSERT_EQ(frames.size(), 5U);
  // Nothing is pushed, and a body of 16 MiB fits into the windows.
  EXPECT_EQ(frames[0].type, NGHTTP2_SETTINGS);
  EXPECT_EQ(frames[0].payload,
            big_endian(2, 2) + big_endian(0, 4) + big_endian(4, 2) + big_endian(16 << 20, 4));
  EXPECT_EQ(frames[1].type, NGHTTP2_WINDOW_UPDATE);
  EXPECT_EQ(frames[1].payload, big_endian((16 << 20) - 65535, 4));
  FieldReader reader;
  const char* const paths[] = {"/a", "/b", "/a"};
  for (std::size_t i = 0; i < 3; ++i) {
    const SentFrame& sent = frames[i + 2];
    EXPECT_EQ(sent.type, NGHTTP2_HEADERS);
    EXPECT_EQ(sent.flags & (NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS), 5);
    EXPECT_EQ(sent.stream, static_cast<int>(2 * i + 1));
    EXPECT_EQ(reader.read(sent.payload),
              std::string(":method: GET\n:scheme: http\n:authority: a\n:path: ") + paths[i] + "\n");
  }
  EXPECT_EQ(summary_of(frames_of(flush())), "");
}

TEST_F(Http2RequesterTest, AnswersMayComeInAnyOrderAndOctetByOctet) {
  begin();
  std::string octets = settings();
  for (const int stream : {5, 1, 3}) octets += head(stream, 200);
  for (const int stream : {3, 5, 1}) octets += data(stream, "hel") + data(stream, "lo", kEnds);
  for (const char octet : octets) {
    EXPECT_EQ(hear({&octet, 1}).next, Next::kGoOn);
    advance(milliseconds(1));
  }
  EXPECT_EQ(outcome(), "3 good");
  EXPECT_EQ(tally().octets, 15U);
  EXPECT_EQ(tally().wire_octets, octets.size() - settings().size());
  EXPECT_EQ(tally().first_octet.count(), 3U);
  const auto last = static_cast<std::uint64_t>(octets.size() - 1) * 1'000'000;
  EXPECT_EQ(tally().latency.max(), last) << "each until the octet that ends its stream";
  EXPECT_LT(tally().latency.percentile(1), last - 30'000'000);
  EXPECT_TRUE(requester_->empty());
  EXPECT_TRUE(requester_->served());
  EXPECT_EQ(fill(), 3U);
  EXPECT_EQ(sends(), "HEADERS 7, HEADERS 9, HEADERS 11");
}

struct AnswerCase {
  const char* name;
  std::string octets;    // For stream 1, of three.
  const char* expected;  // Of all.
  std::uint64_t content;
  const char* sent;
};

TEST_F(Http2RequesterTest, WhatAServerMayMakeOfOneStream) {
  const AnswerCase cases[] = {
      {"an answer", hello(1), "1 good", 5, ""},
      {"a head alone", head(1, 204, kEnds), "1 good", 0, ""},
      {"an interim one before", head(1, 103) + hello(1), "1 good", 5, ""},
      {"trailers", head(1, 200) + data(1, "hi") + frame(NGHTTP2_HEADERS, 5, 1, literal("checksum", "x")),
       "1 good", 2, ""},
      {"404", head(1, 404) + data(1, "no", kEnds), "0 good, 1 response status", 2, ""},
      {"999", head(1, 999, kEnds), "0 good, 1 response status", 0, ""},
      {"reset", head(1, 200) + data(1, "hel") + rst_stream(1, NGHTTP2_INTERNAL_ERROR),
       "0 good, 1 receive stream reset", 3, ""},
      {"reset without an error", rst_stream(1, NGHTTP2_NO_ERROR), "0 good, 1 receive stream reset", 0, ""},
      {"refused", rst_stream(1, NGHTTP2_REFUSED_STREAM), "0 good", 0, "HEADERS 7"},
      {"reset after the answer", hello(1) + rst_stream(1, NGHTTP2_NO_ERROR), "1 good", 5, ""},
      {"shorter than announced", head(1, 200, 0, literal("content-length", "9")) + data(1, "short", kEnds),
       "0 good, 1 receive protocol", 5, "RST_STREAM 1"},
      {"longer than announced", head(1, 200, 0, literal("content-length", "1")) + data(1, "long"),
       "0 good, 1 receive protocol", 0, "RST_STREAM 1"},
      {"no status", frame(NGHTTP2_HEADERS, 5, 1, literal("a", "b")), "0 good, 1 receive protocol", 0,
       "RST_STREAM 1"},
      {"a connection's field", head(1, 200, kEnds, literal("connection", "close")),
       "0 good, 1 receive protocol", 0, "RST_STREAM 1"},
      {"one octet of body", head(1, 200) + data(1, "h"), "0 good", 0, ""},
  };
  for (const AnswerCase& test : cases) {
    SCOPED_TRACE(test.name);
    begin();
    EXPECT_EQ(hear(settings() + test.octets).next, Next::kGoOn);
    EXPECT_EQ(sends(), test.sent);
    EXPECT_EQ(outcome(), test.expected);
    EXPECT_EQ(tally().octets, test.content);
    // The others know nothing of it.
    const std::uint64_t good = tally().succeeded;
    EXPECT_EQ(hear(hello(3) + hello(5)).next, Next::kGoOn);
    EXPECT_EQ(tally().succeeded, good + 2);
  }
}

TEST_F(Http2RequesterTest, ARefusedStreamIsSentAgainAndCountsOnce) {
  options_.requests = 1;
  options_.streams = 1;
  begin();
  (void)hear(settings() + rst_stream(1, NGHTTP2_REFUSED_STREAM));
  advance(milliseconds(5));
  EXPECT_EQ(sends(), "HEADERS 3");
  EXPECT_FALSE(requester_->has_room());
  (void)hear(hello(3));
  EXPECT_EQ(outcome(), "1 good");
  EXPECT_EQ(tally().latency.max(), 5'000'000U) << "since it was due";
  EXPECT_FALSE(schedule_->next(now_));
  EXPECT_TRUE(schedule_->finished(now_));
}

TEST_F(Http2RequesterTest, AServerThatRefusesAllIsNotAskedForever) {
  options_.streams = 1;
  begin();
  (void)hear(settings());
  int stream = 1;
  for (int repeats = 0; repeats < Http2Requester::kMaxRepeats; ++repeats, stream += 2) {
    (void)hear(rst_stream(stream, NGHTTP2_REFUSED_STREAM));
    EXPECT_EQ(outcome(), "0 good");
    EXPECT_EQ(sends(), "HEADERS " + std::to_string(stream + 2));
  }
  (void)hear(rst_stream(stream, NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(outcome(), "0 good, 1 receive refused");
  EXPECT_TRUE(requester_->empty());
}

// --- The server's limit --------------------------------------------------------------------------------

TEST_F(Http2RequesterTest, NoMoreStreamsThanTheServerWants) {
  options_.streams = 1000;
  make();
  EXPECT_EQ(fill(), 100U) << "before it has said";
  requester_->opened(now_);
  EXPECT_EQ(frames_of(flush()).size(), 2U + 100U);
  (void)hear(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3}}));
  EXPECT_FALSE(requester_->has_room());
  std::string octets;
  for (int stream = 1; stream < 2 * 98; stream += 2) octets += hello(stream);
  (void)hear(octets);
  EXPECT_EQ(outcome(), "98 good");
  EXPECT_EQ(fill(), 1U);
  EXPECT_EQ(sends(), "HEADERS 201");
  (void)hear(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 5}}));
  EXPECT_EQ(fill(), 2U);
  (void)hear(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}}));
  EXPECT_EQ(fill(), 0U);
}

TEST_F(Http2RequesterTest, WhatTheServerDoesNotLetBeginWaits) {
  options_.streams = 3;
  begin();
  // Refused as they are above the limit, of which the client did not know.
  (void)hear(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}) +
             rst_stream(3, NGHTTP2_REFUSED_STREAM) + rst_stream(5, NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(sends(), "");
  (void)hear(hello(1));
  EXPECT_EQ(sends(), "HEADERS 7");
  (void)hear(hello(7));
  EXPECT_EQ(sends(), "HEADERS 9");
  (void)hear(hello(9));
  EXPECT_EQ(outcome(), "3 good");
}

// --- Connections that end ------------------------------------------------------------------------------

TEST_F(Http2RequesterTest, StreamsAboveTheLastOfAGoawayGetAnotherConnection) {
  begin();
  EXPECT_EQ(hear(settings() + goaway(3, NGHTTP2_NO_ERROR)).next, Next::kGoOn) << "two streams go on";
  EXPECT_FALSE(requester_->has_room());
  EXPECT_EQ(sends(), "");
  EXPECT_EQ(hear(hello(3)).next, Next::kGoOn);
  EXPECT_FALSE(requester_->has_room());
  EXPECT_EQ(hear(hello(1)).next, Next::kEnd);
  EXPECT_EQ(outcome(), "2 good");
  EXPECT_FALSE(requester_->empty());
  reopen();
  EXPECT_EQ(sends(), "HEADERS 1");
  EXPECT_EQ(fill(), 2U);
  EXPECT_EQ(sends(), "HEADERS 3, HEADERS 5");
  (void)hear(settings() + hello(1));
  EXPECT_EQ(outcome(), "3 good");
}

TEST_F(Http2RequesterTest, AnIdleConnectionThatGoesAwayIsReplaced) {
  begin();
  (void)hear(settings() + hello(1) + hello(3) + hello(5));
  EXPECT_EQ(hear(goaway(5, NGHTTP2_NO_ERROR)).next, Next::kEnd);
  EXPECT_TRUE(requester_->empty());
}

struct LossCase {
  const char* name;
  std::string octets;  // What the server says last, stream 1 of three being answered already.
  bool end;            // Then it closes.
  const char* expected;
  std::size_t left;  // For the next connection.
};

TEST_F(Http2RequesterTest, ALostConnectionCostsTheStreamsThatItCarried) {
  const LossCase cases[] = {
      {"closed", "", true, "1 good, 2 receive closed", 0},
      {"closed in the midst", head(3, 200) + data(3, "hel").substr(0, 10), true, "1 good, 2 receive closed",
       0},
      {"GOAWAY for an error", goaway(5, NGHTTP2_INTERNAL_ERROR), true, "1 good, 2 receive goaway", 0},
      {"GOAWAY, and it had seen but one", goaway(3, NGHTTP2_ENHANCE_YOUR_CALM), true,
       "1 good, 1 receive goaway", 1},
      {"GOAWAY, and it had seen none", goaway(1, NGHTTP2_ENHANCE_YOUR_CALM), false, "1 good", 2},
      {"an answer to nobody", hello(7), false, "1 good, 2 receive protocol", 0},
      {"a frame that is too large", std::string("\xff\xff\xff\0\0\0\0\0\1", 9), false,
       "1 good, 2 receive protocol", 0},
      {"a push", frame(NGHTTP2_PUSH_PROMISE, 4, 3, big_endian(2, 4) + "\x82"), false,
       "1 good, 2 receive protocol", 0},
      {"a head that cannot be decompressed", frame(NGHTTP2_HEADERS, 5, 3, "\xff\xff\xff\xff\xff\xff"), false,
       "1 good, 2 receive protocol", 0},
  };
  for (const LossCase& test : cases) {
    SCOPED_TRACE(test.name);
    begin();
    Requester::Step step = hear(beginning() + hello(1) + test.octets);
    Buffer rest;
    if (test.end) step = requester_->end_of_input(rest, false, now_);
    if (test.left < 2) lose(step);
    EXPECT_EQ(outcome(), test.expected);
    EXPECT_EQ(requester_->empty(), test.left == 0);
    reopen();
    std::string expected;
    for (std::size_t i = 0; i < test.left; ++i)
      expected += std::string(i == 0 ? "" : ", ") + "HEADERS " + std::to_string(2 * i + 1);
    EXPECT_EQ(sends(), expected);
  }
}

TEST_F(Http2RequesterTest, AServerOfAnotherProtocol) {
  for (const char* octets : {"HTTP/1.1 400 Bad Request\r\n\r\n", "nonsense\r\n\r\n"}) {
    begin();
    const Requester::Step step = hear(octets);
    lose(step);
    EXPECT_EQ(outcome(), "0 good, 3 receive protocol") << octets;
  }
}

TEST_F(Http2RequesterTest, AConnectionThatDoesNotComeAboutCostsOneRequest) {
  begin();
  requester_->fail(client::Stage::kConnect, client::ErrorKind::kRefused, now_);
  requester_->closed();
  EXPECT_EQ(outcome(), "0 good, 1 connect refused");
  requester_->opened(now_);
  EXPECT_EQ(sends(), "HEADERS 1, HEADERS 3");
  (void)hear(settings() + hello(1) + hello(3));
  EXPECT_EQ(outcome(), "2 good, 1 connect refused");
}

TEST_F(Http2RequesterTest, AtTheEndOfTheRunWhatIsUnfinishedHasFailed) {
  begin();
  (void)hear(settings() + hello(1) + head(3, 200) + data(3, "hel"));
  requester_->abandon(requester_->stage(), now_);
  EXPECT_EQ(outcome(), "1 good, 2 receive timeout");
  EXPECT_EQ(tally().octets, 8U);
  EXPECT_TRUE(requester_->empty());
}

TEST_F(Http2RequesterTest, AfterTheServerTakesNoMoreOctetsAnswersStillCount) {
  begin();
  requester_->stop_sending();
  EXPECT_EQ(hear(settings() + hello(1) + hello(3) + hello(5)).next, Next::kGoOn);
  EXPECT_EQ(outcome(), "3 good");
  EXPECT_FALSE(requester_->has_room());
}

// --- Time ----------------------------------------------------------------------------------------------

TEST_F(Http2RequesterTest, EachStreamHasItsTimeout) {
  options_.timeout = Seconds(2);
  begin();
  advance(std::chrono::seconds(1));
  (void)hear(settings() + hello(1) + head(3, 200) + data(3, "hel"));
  EXPECT_EQ(fill(), 1U);
  (void)flush();
  advance(std::chrono::seconds(1));
  EXPECT_EQ(requester_->check_time(now_).next, Next::kGoOn);
  EXPECT_EQ(outcome(), "1 good");
  advance(Nanoseconds(1));
  EXPECT_EQ(requester_->check_time(now_).next, Next::kGoOn);
  EXPECT_EQ(outcome(), "1 good, 2 receive timeout");
  EXPECT_EQ(tally().octets, 8U);
  EXPECT_EQ(sends(), "RST_STREAM 3, RST_STREAM 5");
  EXPECT_EQ(hear(data(3, "lo", kEnds) + hello(5) + hello(7)).next, Next::kGoOn) << "the server did not know";
  EXPECT_EQ(outcome(), "2 good, 2 receive timeout");
  EXPECT_EQ(fill(), 3U);
}

TEST_F(Http2RequesterTest, ARequestThatMayNotBeginHasATimeout) {
  options_.timeout = Seconds(2);
  begin();
  (void)hear(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}) +
             rst_stream(3, NGHTTP2_REFUSED_STREAM));
  advance(milliseconds(2001));
  (void)requester_->check_time(now_);
  EXPECT_EQ(outcome(), "0 good, 2 receive timeout, 1 send timeout");
  EXPECT_TRUE(requester_->empty());
}

TEST_F(Http2RequesterTest, AConnectionThatOnlyWaitsForStreamsThatTimeOutEnds) {
  begin();
  (void)hear(settings() + goaway(5, NGHTTP2_NO_ERROR));
  advance(std::chrono::seconds(31));
  EXPECT_EQ(requester_->check_time(now_).next, Next::kEnd);
  EXPECT_EQ(outcome(), "0 good, 3 receive timeout");
}

// --- Bodies --------------------------------------------------------------------------------------------

TEST_F(Http2RequesterTest, ABodyIsSentAsTheServersWindowsAllow) {
  std::string body;
  for (int i = 0; body.size() < 200'000; ++i) body += std::to_string(i);
  options_.streams = 1;
  origin_.requests = {request("/", body)};
  make();
  fill();
  requester_->opened(now_);
  std::string sent;
  const auto take = [&](const std::vector<SentFrame>& frames) {
    for (const SentFrame& one : frames) {
      if (one.type == NGHTTP2_DATA) sent += one.payload;
    }
    return !frames.empty() && (frames.back().flags & kEnds) != 0;
  };
  EXPECT_FALSE(take(frames_of(flush())));
  EXPECT_EQ(sent.size(), 65'535U);
  EXPECT_TRUE(requester_->all_sent()) << "until the server opens its windows";
  (void)hear(settings() + frame(NGHTTP2_WINDOW_UPDATE, 0, 0, big_endian(1'000'000, 4)) +
             frame(NGHTTP2_WINDOW_UPDATE, 0, 1, big_endian(1'000'000, 4)));
  EXPECT_TRUE(take(frames_of(flush())));
  EXPECT_TRUE(sent == body);
  (void)hear(hello(1));
  EXPECT_EQ(outcome(), "1 good");
}

TEST_F(Http2RequesterTest, AnEarlyAnswerEndsTheRequest) {
  options_.streams = 1;
  origin_.requests = {request("/", std::string(200'000, 'x'))};
  begin();
  (void)hear(settings() + hello(1));
  EXPECT_EQ(outcome(), "1 good");
  EXPECT_EQ(sends(), "RST_STREAM 1");
  EXPECT_TRUE(requester_->has_room());
}

TEST_F(Http2RequesterTest, WindowsAreOpenedAgain) {
  options_.streams = 1;
  begin();
  (void)hear(beginning() + head(1, 200));
  (void)flush();
  const std::string piece = data(1, std::string(16'384, 'x'));
  for (std::size_t heard = 0; heard < 100 * 1024; heard += 16'384) (void)hear(piece);
  EXPECT_EQ(flush(), "") << "100 KiB want no more room";
  for (std::size_t heard = 0; heard < 40U << 20U; heard += 16'384) {
    ASSERT_EQ(hear(piece).next, Next::kGoOn);
    (void)flush();
  }
  (void)hear(data(1, "", kEnds));
  EXPECT_EQ(outcome(), "1 good");
  EXPECT_EQ(tally().octets, (7U + 2560U) * 16'384U);
}

}  // namespace
}  // namespace pollux::castor
