#include "net/connection_set.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "base/metrics.h"
#include "net/ring_wire.h"

namespace pollux::net {

namespace {

constexpr milliseconds kTrimAfter{1000};  // An idle connection frees its buffers after this time.
constexpr milliseconds kDrainStep{50};

}  // namespace

ConnectionSet::~ConnectionSet() {
  connections_.clear();  // No thread can wake them now. But wakers on the list stay alive.
  for (Waker* waker = woken_.exchange(nullptr, std::memory_order_acquire); waker != nullptr;) {
    Waker& woken = *std::exchange(waker, waker->next_);
    (void)woken.answer();
  }
}

std::unique_ptr<Wire> ConnectionSet::make_wire(UniqueFd socket, Wire::Handler& handler) {
  if (Ring* ring = loop_.ring()) return std::make_unique<RingWire>(*ring, std::move(socket), handler);
  return std::make_unique<EpollWire>(loop_, options_.epoll, std::move(socket), handler);
}

void ConnectionSet::adopt(UniqueFd socket, Transport transport, std::shared_ptr<const Terms> terms,
                          std::unique_ptr<Protocol> protocol, Admission::Place place) {
  loop_.assert_in_loop_thread();
  auto connection = std::make_unique<Connection>(*this, std::move(socket), std::move(transport),
                                                 std::move(terms), std::move(protocol), std::move(place));
  connection->slot_ = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back(std::move(connection));
  size_changed();
  Connection& adopted = *connections_.back();
  if (adopted.conversation_.first_phase() == Phase::kHandshake) {
    const UnfinishedHandshakes::Taken taken = handshakes_.take(adopted);
    adopted.handshake_place_ = taken.place;
    if (taken.displaced != nullptr) end_oldest_handshake(*taken.displaced);
  }
  adopted.start(loop_.now());
}

void ConnectionSet::end_oldest_handshake(Connection& connection) {
  if (connection.custody_.held()) return;  // A thread works on it, so it does not wait for its client.
  if (!connection.conversation_.handshaking()) return;
  if (!connection.custody_.take(Custody::kReady)) return;
  metrics::count(metrics::Counter::kHandshakesDisplaced);
  connection.retire(true);
}

void ConnectionSet::dispatch(Connection& connection) {
  loop_.assert_in_loop_thread();
  // In whatever phase the holder leaves it, its deadline is not before this time. So the wheel is touched
  // once in a while and not once per request.
  const TimePoint latest =
      loop_.now().steady + std::min(connection.conversation_.terms().timeouts().shortest(), kTrimAfter);
  if (!connection.timer_.armed() || connection.timer_.due() > latest)
    loop_.timers().arm(connection.timer_, latest);
  connection.conversation_.set_ready(loop_.now().steady);
  on_ready_(connection);
}

void ConnectionSet::wake(Waker& waker) {
  Waker* first = woken_.load(std::memory_order_relaxed);
  do {
    waker.next_ = first;
  } while (
      !woken_.compare_exchange_weak(first, &waker, std::memory_order_release, std::memory_order_relaxed));
  if (first == nullptr) loop_.wake();
}

// None of them is destroyed before the end of this iteration.
void ConnectionSet::call_the_woken() {
  loop_.assert_in_loop_thread();
  if (woken_.load(std::memory_order_relaxed) == nullptr) return;
  Waker* waker = woken_.exchange(nullptr, std::memory_order_acquire);
  while (waker != nullptr) {
    Waker& woken =
        *std::exchange(waker, waker->next_);  // It may be on the list again as soon as it is answered.
    if (Connection* connection = woken.answer()) connection->on_wake();
  }
}

void ConnectionSet::bury(Connection& connection) {
  Connection* first = buried_.load(std::memory_order_relaxed);
  do {
    connection.next_buried_ = first;
  } while (!buried_.compare_exchange_weak(first, &connection, std::memory_order_release,
                                          std::memory_order_relaxed));
  if (first == nullptr && !loop_.is_here()) loop_.wake();  // The loop itself is about to destroy them.
}

void ConnectionSet::destroy_buried() {
  loop_.assert_in_loop_thread();
  destroy_those_at_rest(std::exchange(restless_, nullptr));
  if (buried_.load(std::memory_order_relaxed) == nullptr) return;
  destroy_those_at_rest(buried_.exchange(nullptr, std::memory_order_acquire));
}

void ConnectionSet::destroy_those_at_rest(Connection* list) {
  while (list != nullptr) {
    Connection& connection = *std::exchange(list, list->next_buried_);
    if (connection.conversation_.wire().at_rest()) {
      destroy(connection);
    } else {
      connection.next_buried_ = std::exchange(restless_, &connection);
    }
  }
}

void ConnectionSet::destroy(Connection& connection) {
  const UnfinishedHandshakes::Place place = connection.handshake_place_;
  if (place != UnfinishedHandshakes::kNone) handshakes_.leave(place, connection);
  const std::uint32_t slot = connection.slot_;
  std::swap(connections_[slot], connections_.back());
  connections_[slot]->slot_ = slot;
  connections_.pop_back();
  size_changed();
  if (drained_ && connections_.empty()) loop_.post(std::exchange(drained_, nullptr));
}

void ConnectionSet::size_changed() {
  size_.store(connections_.size(), std::memory_order_relaxed);
  max_ = std::max(max_, connections_.size());
  if (max_ > kCrowd && connections_.size() < max_ / 4) {
    // glibc keeps memory that was freed in the middle of the heap; after a crowd it is worth giving back.
    ::malloc_trim(0);
    max_ = connections_.size();
  }
}

void ConnectionSet::drain(TimePoint deadline, milliseconds quiet, EventLoop::Function done) {
  loop_.assert_in_loop_thread();
  drain_deadline_ = deadline;
  drain_quiet_ = quiet;
  if (connections_.empty()) return loop_.post(std::move(done));
  drained_ = std::move(done);
  end_what_can_end(loop_.now().steady);
  for (const auto& connection : connections_)
    connection->on_wake();  // Their protocols may have something to send.
}

void ConnectionSet::on_retirement() {
  loop_.assert_in_loop_thread();
  for (const auto& connection : connections_) connection->on_retirement();
}

std::size_t ConnectionSet::cut_off() {
  destroy_buried();
  for (const auto& connection : connections_) connection->conversation_.end_protocol();
  return connections_.size();
}

bool ConnectionSet::can_end(const Connection& connection, TimePoint now) const {
  const Conversation& conversation = connection.conversation_;
  const bool idle =
      drain_quiet_ > milliseconds(0) ? conversation.quiet_since(now - drain_quiet_) : conversation.may_end();
  // A request may have arrived that epoll has not reported yet.
  return idle && !conversation.wire().has_unread();
}

void ConnectionSet::end_what_can_end(TimePoint now) {
  for (const auto& connection : connections_) {
    if (connection->custody_.held()) continue;
    if (now < drain_deadline_ && !can_end(*connection, now)) continue;
    if (connection->custody_.take(Custody::kReady)) connection->retire(false);
  }
  loop_.timers().arm(drain_timer_, now + kDrainStep);
}

}  // namespace pollux::net
