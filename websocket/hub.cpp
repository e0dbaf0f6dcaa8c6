#include "websocket/hub.h"

namespace pollux::websocket {

void Hub::add(const PeerPtr& peer) {
  const MutexLock lock(mutex_);
  peers_.insert(peer);
}

void Hub::remove(const PeerPtr& peer) {
  const MutexLock lock(mutex_);
  peers_.erase(peer);
}

void Hub::broadcast(const Message& message) {
  const SharedFrame frame = share(message);
  const MutexLock lock(mutex_);
  for (const PeerPtr& peer : peers_) peer->send(frame);
}

void Hub::close_all(CloseCode code) {
  const MutexLock lock(mutex_);
  for (const PeerPtr& peer : peers_) peer->close(code);
}

std::size_t Hub::size() const {
  const MutexLock lock(mutex_);
  return peers_.size();
}

}  // namespace pollux::websocket
