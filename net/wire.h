// The way the octets of one connection move between its socket and its Transport.
//
// A connection says what it waits for (await()), and its Handler is called when it has happened. It never
// knows whether octets move by recv(2) and writev(2) after epoll has reported readiness (net/epoll_wire.h),
// or by submission and completion (net/ring_wire.h).
//
//   await(kInput) ... handler(event) ... receive(transport) ... flush(transport) ... await(...)
//
// Thread: the one that holds the connection. The handler is called on the loop's thread.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/unique_fd.h"

namespace pollux::net {

class Transport;

// What a connection waits for. With kSilence only the loss of the connection is still reported.
enum class Interest : std::uint8_t { kSilence = 0, kInput = 1, kRoom = 2, kBoth = 3 };

[[nodiscard]] constexpr bool wants_input(Interest interest) {
  return (static_cast<std::uint8_t>(interest) & static_cast<std::uint8_t>(Interest::kInput)) != 0;
}
[[nodiscard]] constexpr bool wants_room(Interest interest) {
  return (static_cast<std::uint8_t>(interest) & static_cast<std::uint8_t>(Interest::kRoom)) != 0;
}
[[nodiscard]] constexpr Interest operator|(Interest a, Interest b) {
  return static_cast<Interest>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

// The octets of one call or one operation.
struct Portion {
  std::span<const iovec> pieces;
  std::uint64_t octets;
};

class Wire {
 public:
  // A report to the handler.
  struct Event {
    bool input = false;       // There is something to receive,
    bool end = false;         // an end of input or an error among it.
    bool gone = false;        // Both directions are closed: no response can reach the client.
    bool room = false;        // The socket takes octets again, or never will.
    std::uint32_t flags = 0;  // For trace_event(): epoll's events or a RingOperation,
    int result = 0;           // and its result.
  };
  class Handler {
   public:
    virtual ~Handler() = default;

    // May close the wire. The caller uses nothing of an EpollWire afterwards, so the handler may destroy it
    // as well. Any other wire must stay until the batch of events is over and it is at_rest().
    virtual void on_event(Event event) = 0;
  };

  enum class Flush : std::uint8_t { kDone, kBlocked, kBroken };
  struct Flushed {
    Flush state = Flush::kDone;
    bool progress = false;   // The socket took octets.
    bool under_way = false;  // A write was submitted: a later call learns the outcome.
  };

  static constexpr std::uint64_t kWriteBudget = 2 * 1024 * 1024;  // Octets, then others get their turn.

  Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  virtual ~Wire() = default;

  // Moves what has arrived into the transport: octets, the end of input, or an error. `end`: Event::end as
  // the handler got it. Throws std::bad_alloc.
  virtual void receive(Transport& transport, bool end) = 0;

  // Sends the transport's output until the socket takes no more or other connections should get their turn
  // (kBlocked: call await(kRoom), then go on).
  [[nodiscard]] virtual Flushed flush(Transport& transport) = 0;

  // The wire calls the handler at least once after the condition holds. `anew`: also if it held and was
  // reported before. false: it failed; close. Thread: the one that holds the connection; the handler may run
  // before the call returns.
  [[nodiscard]] virtual bool await(Interest interest, bool anew) = 0;
  [[nodiscard]] virtual Interest interest() const = 0;  // The last one asked for; kSilence before the first.

  // Whether the kernel has octets that receive() has not read.
  [[nodiscard]] virtual bool has_unread() const = 0;

  // Nothing more will be sent. shut_down() also tells TCP; false: the connection is lost.
  [[nodiscard]] virtual bool shut_down(Transport& transport) = 0;
  virtual void close(Transport& transport) = 0;  // After the kernel has delivered what it took.
  virtual void reset() = 0;                      // At once: the kernel drops what it has not delivered.
  // After close() or reset(): whether the kernel has finished with the wire and its transport. Until then
  // both must stay, and the handler is not called. The loop has an iteration when it becomes true.
  [[nodiscard]] virtual bool at_rest() const { return true; }

  virtual void trace_event(const Event& event) const = 0;  // As a note (base/trace.h).

  [[nodiscard]] virtual int fd() const = 0;

 protected:
  // Common to all kinds: work on the socket itself.
  [[nodiscard]] static bool has_octets(int socket);  // Whether the kernel has unread octets.
  static void send_farewell(int socket, Transport& transport);
  static void forget_unsent(int socket);  // Makes closing it a reset.

  // The first `max` octets of `pieces`; the last piece is cut short.
  [[nodiscard]] static Portion portion_of(std::span<iovec> pieces, std::uint64_t max);

  static void report_changed_file();  // Logs, at a limited rate, why a response ends short.
};

}  // namespace pollux::net
