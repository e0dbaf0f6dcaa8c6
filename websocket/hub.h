// Everybody who is connected to one endpoint, to say something to all of them.
//
// Thread: any.
#pragma once

#include <unordered_set>

#include "base/mutex.h"
#include "websocket/peer.h"

namespace pollux::websocket {

class Hub {
 public:
  void add(const PeerPtr& peer) EXCLUDES(mutex_);
  void remove(const PeerPtr& peer) EXCLUDES(mutex_);

  // One frame for all. Who does not read holds up nobody, see Peer.
  void broadcast(const Message& message) EXCLUDES(mutex_);
  void close_all(CloseCode code) EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::unordered_set<PeerPtr> peers_ GUARDED_BY(mutex_);
};

}  // namespace pollux::websocket
