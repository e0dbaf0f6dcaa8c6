#include "base/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace pollux::trace {
namespace {

class Tracing : public testing::Test {
 protected:
  ~Tracing() override { tracer_.stop(); }

  std::unique_ptr<Recording> begin(const std::string& peer = "192.0.2.7") {
    return tracer_.begin([&] { return peer; });
  }

  Tracer& tracer_ = Tracer::instance();
};

TEST_F(Tracing, NothingIsFollowedWithoutAnOrder) {
  EXPECT_FALSE(Tracer::armed());
  EXPECT_EQ(begin(), nullptr);
  note("read", "{} octets", 1);  // Goes nowhere.
  EXPECT_FALSE(on());
}

TEST_F(Tracing, TheNextOne) {
  tracer_.follow({.max = 1, .peer = {}});
  const auto first = begin();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->peer, "192.0.2.7");
  EXPECT_FALSE(Tracer::armed());
  EXPECT_EQ(begin(), nullptr);
}

TEST_F(Tracing, WhatOnlyEndedDoesNotCount) {
  tracer_.follow({.max = 1, .peer = {}});
  tracer_.finish(begin());
  EXPECT_TRUE(Tracer::armed());
  EXPECT_NE(begin(), nullptr);
}

// Of HTTP/2, many events bring no request.
TEST_F(Tracing, WhatBringsNoRequestUsesUpNoTurn) {
  tracer_.follow({.every = 2, .peer = {}});
  for (std::uint32_t i = 0; i < 3 * kMaxInASecond; ++i) {
    auto recording = begin();
    ASSERT_NE(recording, nullptr) << i;
    tracer_.finish(std::move(recording));
  }
}

TEST_F(Tracing, AnOrderThatWasCalledOffStaysSo) {
  int told = 0;
  const auto listening = tracer_.listen([&](const Recording&) { ++told; });
  for (const bool answered : {false, true}) {
    tracer_.follow({.max = 1, .peer = {}});
    auto recording = begin();
    recording->answered = answered;
    tracer_.stop();
    tracer_.finish(std::move(recording));
    EXPECT_FALSE(Tracer::armed());
    EXPECT_EQ(told, 0);
  }
}

TEST_F(Tracing, OneInSoMany) {
  tracer_.follow({.every = 4, .peer = {}});
  std::string followed;
  int asked = 0;
  for (int i = 0; i < 9; ++i) {
    const auto recording = tracer_.begin([&] { return std::to_string(++asked); });
    followed += recording ? 'x' : '-';
  }
  EXPECT_EQ(followed, "x---x---x");
  EXPECT_EQ(asked, 3) << "who is not followed is not asked for an address";
}

TEST_F(Tracing, ThoseOfOneAddress) {
  tracer_.follow({.peer = "192.0.2.9"});
  EXPECT_EQ(begin("192.0.2.8"), nullptr);
  EXPECT_NE(begin("192.0.2.9"), nullptr);
}

TEST_F(Tracing, NoMoreThanSoManyInASecond) {
  tracer_.follow({.peer = {}});
  std::uint32_t begun = 0;
  for (std::uint32_t i = 0; i < 3 * kMaxInASecond; ++i) begun += begin() ? 1U : 0U;
  EXPECT_GE(begun, kMaxInASecond);  // A second may have ended meanwhile.
  EXPECT_LE(begun, 2 * kMaxInASecond);
}

TEST_F(Tracing, NotesGoToTheConnectionThatIsHeld) {
  Recording one;
  Recording other;
  {
    const Scope scope(&one);
    note("a", "{}", 1);
    {
      const Scope within(&one);
      note("b", "{}", 2);
    }
    note("c", "{}", 3);
    let_go();
    note("d", "{}", 4);
  }
  {
    const Scope scope(&other);
    note("e", "{}", 5);
    const Scope none(nullptr);
    note("f", "{}", 6);
  }
  std::string noted;
  for (const Note& note : one.notes) noted += std::string(note.what) + note.detail;
  EXPECT_EQ(noted, "a1b2c3");
  ASSERT_EQ(other.notes.size(), 1U);
  EXPECT_FALSE(on());
}

TEST_F(Tracing, IsBounded) {
  Recording recording;
  const Scope scope(&recording);
  for (std::size_t i = 0; i < kMaxNotes + 5; ++i) note("x", "{}", std::string(10 * kLongestDetail, 'y'));
  EXPECT_EQ(recording.notes.size(), kMaxNotes);
  EXPECT_EQ(recording.left_out, 5U);
  EXPECT_EQ(recording.notes.front().detail.size(), kLongestDetail);
  const auto before = recording.lasts();
  while (std::chrono::steady_clock::now() == recording.last) continue;
  note("x", "{}", "left out");
  EXPECT_GT(recording.lasts(), before);  // Or it would never be found to have lasted long enough.
}

// Another thread's notes: the connection has gone on meanwhile; and some may be of what was before.
TEST_F(Tracing, TakesOverInTheOrderOfTime) {
  Recording recording;
  const Scope scope(&recording);
  note("a", "{}", 1);
  const TimePoint begun = recording.last;
  note("d", "{}", 4);
  recording.notes.back().at = recording.last = begun + std::chrono::seconds(4);
  const auto at = [&](int second, const char* what) {
    return Note{.at = begun + std::chrono::seconds(second), .what = what, .detail = {}};
  };
  take_over({at(-1, "of an earlier recording"), at(2, "b"), at(3, "c"), at(5, "e")});
  std::string noted;
  for (const Note& one : recording.notes) noted += one.what;
  EXPECT_EQ(noted, "abcde");
  EXPECT_EQ(recording.lasts(), std::chrono::seconds(5));
}

Frame frame(const char* name, std::int32_t stream, bool out, std::size_t length) {
  return {.name = name,
          .stream = stream,
          .out = out,
          .length = length,
          .to_client = {.connection = 1000},
          .to_server = {.connection = 2000}};
}

TEST(TraceFrame, InWords) {
  Frame data = frame("DATA", 5, true, 16'384);
  data.last = true;
  data.to_client.stream = -7;
  data.to_server.stream = 30;
  const struct {
    Frame frame;
    const char* text;
  } rows[] = {
      {frame("SETTINGS", 0, true, 30),
       "SETTINGS, 30 octets; windows out: connection 1000; in: connection 2000"},
      {frame("RST_STREAM", 3, false, 4),
       "RST_STREAM, stream 3, 4 octets; windows out: connection 1000; in: connection 2000"},
      {data,
       "DATA, stream 5, 16384 octets, the last; windows out: stream -7, connection 1000; in: stream 30, "
       "connection 2000"},
  };
  for (const auto& row : rows) EXPECT_EQ(row.frame.text(), row.text);
}

TEST_F(Tracing, FramesAreNotesAndCountForTheirStreams) {
  note(frame("DATA", 1, true, 10));  // Goes nowhere.
  Recording recording;
  const Scope scope(&recording);
  streams()->begin(1, TimePoint());
  for (const Frame& one :
       {frame("HEADERS", 1, false, 30), frame("HEADERS", 1, true, 20), frame("DATA", 1, true, 1000),
        frame("DATA", 1, true, 500), frame("DATA", 99, true, 1), frame("PING", 0, false, 8)})
    note(one);
  ASSERT_EQ(recording.notes.size(), 6U);
  EXPECT_STREQ(recording.notes.front().what, "frame in");
  EXPECT_STREQ(recording.notes.at(2).what, "frame out");
  EXPECT_EQ(recording.notes.at(2).detail, recording.notes.at(2).frame->text());
  const Stream& stream = recording.streams->all().at(0);
  EXPECT_EQ(stream.in.frames, 1U);
  EXPECT_EQ(stream.in.octets, 0U);
  EXPECT_EQ(stream.out.frames, 3U);
  EXPECT_EQ(stream.out.octets, 1500U);
}

TEST(TraceStreams, TheFirstThatBeginsIsFollowedAndHasALaneInAnyCase) {
  for (const std::int32_t open : {0, 1, 31, 32, 100}) {
    Streams streams;
    for (std::int32_t i = 0; i < open; ++i) streams.was_open(2 * i + 1);
    EXPECT_EQ(streams.followed(), 0);
    const std::int32_t first = 2 * open + 1;
    for (std::int32_t id = first; id < first + 100; id += 2) streams.begin(id, TimePoint());
    EXPECT_EQ(streams.followed(), first);
    EXPECT_EQ(streams.all().size(), kMaxStreams);
    EXPECT_EQ(streams.all().size() + streams.left_out(), static_cast<std::size_t>(open) + 50);
    EXPECT_EQ(std::count_if(streams.all().begin(), streams.all().end(),
                            [&](const Stream& stream) { return stream.id == first && stream.begun; }),
              1);
    EXPECT_FALSE(streams.over());
    streams.end(first + 2, TimePoint());
    EXPECT_FALSE(streams.over());
    streams.end(first, TimePoint());
    EXPECT_TRUE(streams.over());
  }
}

TEST(TraceStreams, WhatWasAskedIsBounded) {
  Streams streams;
  streams.begin(1, TimePoint());
  streams.asks(1, "GET", "/" + std::string(10 * kLongestDetail, 'x'));
  EXPECT_EQ(streams.all().at(0).asked.size(), kLongestDetail);
  streams.asks(3, "GET", "/nobody");
}

// When the answer has left, whatever else waits.
TEST_F(Tracing, TheEndOfAStreamsAnswer) {
  const struct {
    std::uint64_t consumed;
    std::uint64_t queued;
    bool ended;
    bool sent;
  } turns[] = {{0, 20, false, false}, {20, 0, false, false}, {20, 30, true, false},
               {40, 90, true, false}, {50, 100, true, true}, {60, 100, true, true}};
  Recording recording;
  const Scope scope(&recording);
  streams()->begin(1, TimePoint());
  for (const auto& turn : turns) {
    if (turn.ended) streams()->end(1, TimePoint());
    end_turn(turn.consumed, turn.queued, false);
    EXPECT_EQ(recording.sent, turn.sent) << turn.consumed;
    EXPECT_FALSE(recording.without_request);
  }
}

TEST_F(Tracing, ATurnWithoutARequestIsGivenUpButNotAConnectionsFirst) {
  for (const bool fresh : {true, false}) {
    Recording recording;
    const Scope scope(&recording);
    end_turn(0, 0, fresh);
    EXPECT_EQ(recording.without_request, !fresh);
    streams()->begin(1, TimePoint());  // In another turn of the same event.
    end_turn(0, 0, fresh);
    EXPECT_FALSE(recording.without_request);
  }
}

TEST_F(Tracing, AllWhoListenAreTold) {
  tracer_.follow({.peer = {}});
  int told = 0;
  std::vector<std::uint64_t> numbers;
  const auto finish = [&] {
    tracer_.finish(begin());  // Only ended: it takes no number.
    auto recording = begin();
    recording->answered = true;
    tracer_.finish(std::move(recording));
  };
  auto one = tracer_.listen([&](const Recording&) { ++told; });
  const auto other = tracer_.listen([&](const Recording& recording) {
    ++told;
    numbers.push_back(recording.number);
  });
  finish();
  EXPECT_EQ(told, 2);
  one.reset();
  finish();
  EXPECT_EQ(told, 3);
  EXPECT_EQ(numbers.at(1), numbers.at(0) + 1);
}

}  // namespace
}  // namespace pollux::trace
