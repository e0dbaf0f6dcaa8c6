// The latest connections of a loop that began with a TLS handshake: they bound the number of unfinished ones.
//
//   places_   [c7][c8][c3][c4][c5][c6]      A ring: each newcomer takes the place of the oldest.
//                    next ^
//
// A handshake that is unfinished when that many newer ones have begun is ended: a client that opens
// connections without end displaces its own. A connection keeps the number of its place, for leave().
//
// Thread: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace pollux::net {

class Connection;

class UnfinishedHandshakes {
 public:
  using Place = std::uint16_t;
  static constexpr Place kNone = std::numeric_limits<Place>::max();  // Nobody's.

  struct Taken {
    Place place;
    Connection* displaced;  // It may have finished meanwhile; nullptr: the place was free.
  };

  // REQUIRES: 0 < max <= kNone.
  explicit UnfinishedHandshakes(std::size_t max) : places_(max) {}

  [[nodiscard]] Taken take(Connection& connection) {
    const Taken taken{next_, std::exchange(places_[next_], &connection)};
    next_ = static_cast<Place>((next_ + 1U) % places_.size());
    return taken;
  }

  // The connection is about to be destroyed. Another one may have its place by now.
  void leave(Place place, const Connection& connection) {
    if (places_[place] == &connection) places_[place] = nullptr;
  }

 private:
  std::vector<Connection*> places_;  // nullptr: free.
  Place next_ = 0;
};

}  // namespace pollux::net
