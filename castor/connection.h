// One client of the load generator: a state machine around one socket, over and over.
//
//   kClosed -> kConnecting -> kHandshake -> kOpen -> kClosing -> kClosed
//                   |                        ^ |
//                   +------------------------+ +--> kClosed: the server ended it, or it broke
//   kHeld: an idle connection (--idle), which asks for nothing
//
// Registered once, edge-triggered for both directions, so a request costs no epoll_ctl. A request costs one
// send, one recv, and its part of an epoll_wait: its octets are ready, answers are parsed where they were
// read, and nothing is allocated.
//
// A server that closes a kept connection without a word, just as the next request is sent, has not seen it:
// the request is sent once more and counted once. A reset is a failure.
//
// Thread: its worker's.
#pragma once

#include <cstdint>
#include <memory>

#include "base/buffer.h"
#include "base/unique_fd.h"
#include "castor/target.h"
#include "client/outcome.h"
#include "client/response_parser.h"
#include "tls/session.h"

namespace pollux::castor {

class Worker;

using Nanoseconds = std::int64_t;  // Of the steady clock.

struct Slot {             // One request.
  Nanoseconds due = 0;    // When latency begins.
  Nanoseconds begun = 0;  // When this connection took it.
  Nanoseconds sent = 0;
  bool measured = false;
  bool retried = false;
};

class Connection {
 public:
  Connection(Worker& worker, const Origin& origin, const net::SocketAddress* source, bool held);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool has_room() const;
  void take(const Slot& slot);  // REQUIRES: has_room().
  void go(Nanoseconds now);     // Sends what was taken, on a new connection if need be.
  void begin_held(Nanoseconds now) { open(now); }
  void again(Nanoseconds now) { closed(now); }  // After the worker let it wait.

  void on_event(std::uint32_t events, Nanoseconds now);
  void check_time(Nanoseconds now);
  void abandon(Nanoseconds now);  // The run is over, whatever it does.

  [[nodiscard]] bool held_open() const { return state_ == State::kHeld; }
  [[nodiscard]] bool is_held() const { return held_; }
  bool queued = false;  // The worker's: it is among those that wait for a request.

 private:
  enum class State : std::uint8_t { kClosed, kConnecting, kHandshake, kOpen, kClosing, kHeld };

  void open(Nanoseconds now);
  [[nodiscard]] bool start_tls();
  void on_writable(Nanoseconds now);
  void connected(Nanoseconds now);
  void established(Nanoseconds now);

  // 0, EAGAIN, or why nothing more can be sent.
  [[nodiscard]] int flush(Nanoseconds now);
  [[nodiscard]] int flush_plain(Nanoseconds now);
  [[nodiscard]] int flush_tls(Nanoseconds now);
  void flush_or_break(Nanoseconds now);
  void written(std::size_t octets, Nanoseconds now);

  void receive(Nanoseconds now, bool until_the_end);
  void take_octets(Buffer& read, Nanoseconds now);
  [[nodiscard]] bool decrypt(Buffer& wire, Buffer& plain, Nanoseconds now);
  void parse(Buffer& in, Nanoseconds now);
  [[nodiscard]] bool take_raw(Buffer& in);
  void complete(int status, Nanoseconds now);
  void on_end(Nanoseconds now);
  void on_error(int error, Nanoseconds now);

  void fail(client::Stage stage, client::ErrorKind kind, Nanoseconds now);
  void close_socket();
  void closed(Nanoseconds now);
  void restart();

  [[nodiscard]] Slot& slot(std::size_t index) { return slots_[(first_ + index) % capacity_]; }
  [[nodiscard]] std::string_view octets_of(std::size_t index) const;
  [[nodiscard]] client::Stage stage() const;

  Worker& worker_;
  const Origin& origin_;
  const net::SocketAddress* source_;
  State state_ = State::kClosed;
  const bool held_;
  bool heard_ = false;  // Octets of the answer to the first slot have come.
  bool raw_ = false;    // An HTTP/0.9 answer.
  bool send_broken_ = false;
  bool wire_ended_ = false;  // By TLS's close_notify.
  bool remembered_ = false;  // Its TLS session.
  UniqueFd fd_;
  std::uint32_t opens_ = 0;
  std::uint32_t served_ = 0;  // Since it was opened.
  std::uint32_t turn_ = 0;    // Of the first slot, among the origin's requests.

  // A ring of requests: count_ from first_ on, of which the first written_ are sent whole and offset_ octets
  // of the next.
  std::unique_ptr<Slot[]> slots_;
  std::uint32_t capacity_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t written_ = 0;
  std::size_t offset_ = 0;

  Nanoseconds since_ = 0;  // When it began to be opened, or to be closed.
  std::uint64_t raw_octets_ = 0;
  client::ResponseParser parser_;
  Buffer pending_;  // The beginning of what was not whole.
  std::unique_ptr<tls::Session> tls_;
};

}  // namespace pollux::castor
