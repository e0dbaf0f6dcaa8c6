// A Wire by readiness: epoll(7) reports when, and recv(2), writev(2) and sendfile(2) move the octets.
//
// With EPOLLONESHOT, epoll is silent after an event until await() arms it again, so another thread may hold
// the connection meanwhile. Without it, await() makes a system call only if the interest changes.
// Level-triggered, receive() reads what one or two calls bring, and epoll reports the rest again.
// Edge-triggered, it drains the socket, or stops at a budget and lets await() ask for a new edge.
//
// The first await() registers the socket with epoll. The wire owns the socket. Closing it also removes it
// from epoll, unless a duplicate of the descriptor is open somewhere: epoll would then go on reporting events
// to a wire that is gone (epoll(7), "Questions and answers").
//
// Thread: see net/wire.h.
#pragma once

#include <span>

#include "net/channel.h"
#include "net/event_loop.h"
#include "net/wide_send.h"
#include "net/wire.h"

namespace pollux::net {

struct EpollMode {
  bool edge_triggered = false;
  bool oneshot = true;  // A thread other than the loop's may hold the connection.
  // For a program that may not ignore SIGPIPE, and must not be ended by it.
  bool raises_no_signal = false;
  WidePlaces* wide_places = nullptr;  // For files sent by sendfile(2); nullptr: no socket gets more room.
};

class EpollWire final : public Wire {
 public:
  // `socket`: connected or connecting, non-blocking. All references must outlive it.
  EpollWire(EventLoop& loop, const EpollMode& mode, UniqueFd socket, Handler& handler);
  ~EpollWire() override { close_socket(); }

  void receive(Transport& transport, bool end) override;
  [[nodiscard]] Flushed flush(Transport& transport) override;
  [[nodiscard]] bool await(Interest interest, bool anew) override;
  [[nodiscard]] Interest interest() const override { return interest_; }
  [[nodiscard]] bool has_unread() const override { return has_octets(socket_.get()); }
  [[nodiscard]] bool shut_down(Transport& transport) override;
  void close(Transport& transport) override;
  void reset() override;
  void trace_event(const Event& event) const override;
  [[nodiscard]] int fd() const override { return socket_.get(); }

 private:
  enum class Read : std::uint8_t { kFilled, kShort, kBlocked, kEnd };

  [[nodiscard]] Read read_room(Transport& transport);    // Into the input buffer: enough for a usual request.
  [[nodiscard]] Read read_beyond(Transport& transport);  // By way of the stack, for the body of a request.
  [[nodiscard]] ssize_t receive_into(std::span<char> room);
  [[nodiscard]] static Read outcome_of(ssize_t got, std::size_t room, Transport& transport);
  void close_socket();
  void on_events(std::uint32_t events);

  EventLoop& loop_;
  const EpollMode& mode_;
  Handler& handler_;
  Channel channel_;
  UniqueFd socket_;
  Interest interest_ = Interest::kSilence;
  bool registered_ = false;
  WideSend wide_;
  bool input_left_ = false;  // receive() ended before the socket was drained.
};

}  // namespace pollux::net
