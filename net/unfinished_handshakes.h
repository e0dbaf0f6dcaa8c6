// The latest connections of a loop that began with a TLS handshake, so that unfinished ones are bounded.
//
//   places_   [c7][c8][c3][c4][c5][c6]      A ring: each newcomer takes the place of the oldest.
//                    next ^
//
// Whoever has not finished when so many others have begun after it is ended: a client that opens connections
// without end displaces its own. A place is a pointer, so a connection costs 8 bytes here and none of its
// own.
//
// Thread: the loop's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace pollux::net {

class Connection;

class UnfinishedHandshakes {
 public:
  // REQUIRES: max > 0.
  explicit UnfinishedHandshakes(std::size_t max) : places_(max) {}

  // Returns whose place it takes, whether or not that one has finished meanwhile; nullptr: nobody's.
  [[nodiscard]] Connection* add(Connection& connection) {
    Connection* oldest = std::exchange(places_[next_], &connection);
    next_ = (next_ + 1) % places_.size();
    return oldest;
  }

  // The connection is about to be destroyed. Looks at every place: little, next to what a handshake costs.
  void forget(const Connection& connection) {
    std::replace(places_.begin(), places_.end(), const_cast<Connection*>(&connection),
                 static_cast<Connection*>(nullptr));
  }

 private:
  std::vector<Connection*> places_;  // nullptr: it has gone.
  std::size_t next_ = 0;
};

}  // namespace pollux::net
