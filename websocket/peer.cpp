#include "websocket/peer.h"

#include <utility>

#include "log/throttle.h"

namespace pollux::websocket {

SharedFrame share(const Message& message) {
  return std::make_shared<const std::string>(make_frame(message.opcode(), message.payload));
}

bool Peer::send(const Message& message) {
  return put({nullptr, message.text, std::string(message.payload)}, message.payload.size());
}

bool Peer::send(SharedFrame frame) {
  const std::size_t octets = frame->size();
  return put({std::move(frame), false, {}}, octets);
}

bool Peer::put(Outgoing outgoing, std::size_t octets) {
  std::shared_ptr<net::Waker> wake;
  {
    const MutexLock lock(mutex_);
    if (ended_ || ending_) return false;
    if (octets_ > limit_) {
      static log::Throttle throttle(1);
      throttle.log(log::Level::kWarn, "WebSocket: {} does not read, and is given up", address_);
      empty_outbox();
      ending_ = Ending{CloseCode::kPolicy, "too slow"};
      return false;
    }
    const std::size_t own = outgoing.payload.size();
    outbox_.push_back(std::move(outgoing));
    octets_ += octets;
    own_octets_ += own;
    if (!std::exchange(awake_, true)) wake = waker_;
  }
  if (wake) wake->wake();
  return true;
}

void Peer::close(CloseCode code, std::string_view reason) {
  std::shared_ptr<net::Waker> wake;
  {
    const MutexLock lock(mutex_);
    if (ended_ || ending_) return;
    ending_ = Ending{code, std::string(reason)};
    if (!std::exchange(awake_, true)) wake = waker_;
  }
  if (wake) wake->wake();
}

void Peer::open(std::shared_ptr<net::Waker> waker) {
  const MutexLock lock(mutex_);
  waker_ = std::move(waker);
}

std::vector<Peer::Outgoing> Peer::take(std::size_t max) {
  std::vector<Outgoing> taken;
  const MutexLock lock(mutex_);
  std::size_t octets = 0;
  std::size_t own = 0;
  auto next = outbox_.begin();
  for (; next != outbox_.end() && octets < max; ++next) {
    octets += next->frame ? next->frame->size() : next->payload.size();
    own += next->payload.size();
    taken.push_back(std::move(*next));
  }
  octets_ -= octets;
  own_octets_ -= own;
  outbox_.erase(outbox_.begin(), next);
  if (outbox_.empty()) outbox_.shrink_to_fit();
  if (taken.empty() && !ending_) awake_ = false;
  return taken;
}

std::optional<Peer::Ending> Peer::take_ending() {
  const MutexLock lock(mutex_);
  return outbox_.empty() ? ending_ : std::nullopt;
}

void Peer::end() {
  const MutexLock lock(mutex_);
  ended_ = true;
  waker_.reset();
  empty_outbox();
}

std::size_t Peer::memory() const {
  const MutexLock lock(mutex_);
  return outbox_.capacity() * sizeof(Outgoing) + own_octets_;
}

void Peer::empty_outbox() {
  std::vector<Outgoing>().swap(outbox_);
  octets_ = own_octets_ = 0;
}

}  // namespace pollux::websocket
