#include "castor/pipeline.h"

#include <gtest/gtest.h>

namespace pollux::castor {
namespace {

const TimePoint kDue = TimePoint{} + std::chrono::hours(1);

TimePoint at(int second) { return kDue + std::chrono::seconds(second); }

// With as many requests as were asked for; `due` tells them apart.
Pipeline filled(const std::vector<PreparedRequest>& octets, std::size_t capacity, int requests) {
  Pipeline pipeline(capacity);
  for (int i = 0; i < requests; ++i) {
    const auto turn = static_cast<std::size_t>(i) % octets.size();
    pipeline.push({.due = at(i), .begun = {}, .sent = {}, .asks = &octets[turn]});
  }
  return pipeline;
}

// What a socket would be given, in so many pieces.
std::string unsent(const Pipeline& pipeline, std::size_t pieces = 64) {
  std::vector<iovec> room(pieces);
  std::string text;
  const std::size_t count = pipeline.unsent(room);
  for (std::size_t i = 0; i < count; ++i) text.append(static_cast<char*>(room[i].iov_base), room[i].iov_len);
  return text;
}

TEST(Pipeline, HoweverFewOctetsASocketTakesAllAreSentOnce) {
  const std::vector<PreparedRequest> octets = {{"first;"}, {"2;"}, {"three;"}};
  for (std::size_t at_once = 1; at_once < 30; ++at_once) {
    Pipeline pipeline = filled(octets, 5, 5);
    std::string sent;
    while (!pipeline.all_sent()) {
      const std::string part = unsent(pipeline).substr(0, at_once);
      sent += part;
      pipeline.sent(part.size(), at(9));
    }
    EXPECT_EQ(sent, "first;2;three;first;2;") << at_once;
    EXPECT_EQ(pipeline.sent_whole(), 5U);
  }
}

TEST(Pipeline, OffersNoMoreThanThereAreRequestsOrPieces) {
  const std::vector<PreparedRequest> octets = {{"a"}, {"b"}, {"c"}};
  const Pipeline pipeline = filled(octets, 4, 3);
  EXPECT_EQ(unsent(pipeline, 2), "ab");
  EXPECT_EQ(unsent(pipeline, 3), "abc");
  EXPECT_EQ(unsent(pipeline, 9), "abc");
  EXPECT_EQ(unsent(pipeline, 1), "a");
}

TEST(Pipeline, ARequestIsSentWhenItsLastOctetIs) {
  const std::vector<PreparedRequest> octets = {{"abc"}};
  Pipeline pipeline = filled(octets, 2, 2);
  pipeline.sent(2, at(1));
  EXPECT_EQ(pipeline.front().sent, TimePoint{});
  EXPECT_EQ(unsent(pipeline, 1), "c");
  pipeline.sent(2, at(2));
  EXPECT_EQ(pipeline.front().sent, at(2));
  EXPECT_EQ(pipeline.sent_whole(), 1U);
  EXPECT_EQ(unsent(pipeline, 1), "bc");
}

TEST(Pipeline, ARewoundRequestIsSentFromItsFirstOctet) {
  const std::vector<PreparedRequest> octets = {{"one;"}, {"two;"}, {"three;"}};
  Pipeline pipeline = filled(octets, 3, 3);
  pipeline.sent(9, at(1));
  EXPECT_EQ(pipeline.pop().due, at(0));  // The first is answered; of the third, an octet is sent.
  pipeline.rewind();
  EXPECT_EQ(pipeline.size(), 2U);
  EXPECT_EQ(unsent(pipeline), "two;three;");
  EXPECT_EQ(pipeline.front().due, at(1));
}

TEST(Pipeline, IsARing) {
  const std::vector<PreparedRequest> octets = {{"a"}, {"b"}, {"c"}};
  Pipeline pipeline = filled(octets, 2, 2);
  std::string sent;
  for (int i = 2; i < 20; ++i) {
    sent += unsent(pipeline, 1);
    pipeline.sent(1, at(i));
    EXPECT_EQ(pipeline.pop().due, at(i - 2));
    pipeline.push({.due = at(i), .begun = {}, .sent = {}, .asks = &octets[static_cast<std::size_t>(i) % 3]});
  }
  EXPECT_EQ(sent, "abcabcabcabcabcabc");
  EXPECT_EQ(pipeline.size(), 2U);
}

TEST(Pipeline, ARequestMayBeAnsweredBeforeItIsSentWhole) {
  const std::vector<PreparedRequest> octets = {{"long"}, {"next"}};
  Pipeline pipeline = filled(octets, 2, 2);
  pipeline.sent(2, at(1));
  EXPECT_EQ(pipeline.sent_whole(), 0U);
  EXPECT_EQ(pipeline.pop().due, at(0));
  EXPECT_EQ(unsent(pipeline), "next");
}

TEST(Pipeline, OfAClientThatOnlyHoldsAConnectionIsEmpty) {
  const Pipeline pipeline(0);
  EXPECT_TRUE(pipeline.empty());
  EXPECT_TRUE(pipeline.all_sent());
}

}  // namespace
}  // namespace pollux::castor
