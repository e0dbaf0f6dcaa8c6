// The ring of the latest clients that began a handshake, as a table of arrivals and departures.
#include "net/unfinished_handshakes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "net/connection.h"

namespace pollux::net {
namespace {

constexpr int kNobody = -1;

struct Row {
  char what;      // '+': a client comes, '-': it goes.
  int who;        // Which.
  int displaced;  // Whose place it takes.
};

TEST(UnfinishedHandshakes, ANewcomerTakesThePlaceOfTheOldestThatIsStillThere) {
  // Only addresses matter: nothing is looked at.
  struct alignas(Connection) Room {
    std::array<std::byte, sizeof(Connection)> bytes;
  };
  std::array<Room, 16> there{};
  const auto client = [&](int number) -> Connection& {
    return reinterpret_cast<Connection&>(there[static_cast<std::size_t>(number)]);
  };
  UnfinishedHandshakes handshakes(3);
  std::array<UnfinishedHandshakes::Place, 16> places{};
  for (const Row& row : {Row{'+', 0, kNobody}, Row{'+', 1, kNobody}, Row{'+', 2, kNobody}, Row{'+', 3, 0},
                         Row{'-', 1, kNobody}, Row{'+', 4, kNobody}, Row{'+', 5, 2}, Row{'+', 6, 3},
                         Row{'-', 4, kNobody}, Row{'-', 5, kNobody}, Row{'-', 9, kNobody},
                         Row{'+', 7, kNobody}, Row{'+', 8, kNobody}, Row{'+', 9, 6}}) {
    if (row.what == '-') {
      handshakes.leave(places[static_cast<std::size_t>(row.who)], client(row.who));
      continue;
    }
    const auto [place, displaced] = handshakes.take(client(row.who));
    places[static_cast<std::size_t>(row.who)] = place;
    EXPECT_EQ(displaced, row.displaced == kNobody ? nullptr : &client(row.displaced)) << row.who;
  }
}

}  // namespace
}  // namespace pollux::net
