#include "http2/outgoing_body.h"

#include <gtest/gtest.h>

namespace pollux::http2 {
namespace {

std::string octets_of(OutputQueue& out) {
  std::string all(out.size(), '\0');
  std::size_t taken = 0;
  while (taken < all.size()) taken += out.take(std::span(all).subspan(taken)).value();
  return all;
}

// Frames of `room` octets each, and how many there were.
std::pair<std::string, int> framed(OutgoingBody& body, std::size_t room) {
  OutputQueue out;
  int frames = 0;
  for (;;) {
    const OutgoingBody::Piece piece = body.next(room);
    EXPECT_LE(piece.length, room);
    body.queue(out, piece.length);
    ++frames;
    if (piece.end || piece.length == 0) return {octets_of(out), frames};
  }
}

TEST(OutgoingBodyTest, CutsEveryKindOfBody) {
  const std::string text(5000, 't');
  const struct {
    const char* what;
    http::Body body;
    std::string octets;
    std::size_t room;
    int frames;
  } rows[] = {
      {"nothing", std::string(), "", 100, 1},
      {"own octets", std::string("hello"), "hello", 100, 1},
      {"just as many as there is room", std::string("hello"), "hello", 5, 1},
      {"one more", std::string("hello!"), "hello!", 5, 2},
      {"shared octets", std::make_shared<const std::string>(text), text, 2000, 3},
      {"parts", std::vector<http::BodyPart>{{"one", {}}, {"", {}}, {"two", {}}}, "onetwo", 100, 2},
  };
  for (const auto& row : rows) {
    OutgoingBody body(std::visit(
        [](const auto& kind) -> http::Body {
          if constexpr (std::is_copy_constructible_v<std::decay_t<decltype(kind)>>) return kind;
          return std::string();
        },
        row.body));
    EXPECT_EQ(framed(body, row.room), std::pair(row.octets, row.frames)) << row.what;
  }
}

}  // namespace
}  // namespace pollux::http2
