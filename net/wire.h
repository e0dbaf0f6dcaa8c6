// The way the octets of one connection move between its socket and its Transport.
//
// A connection says what it wants (await()) and is told when it is there (the Handler); it never knows
// whether octets move by recv(2) and writev(2) after epoll has reported readiness, or by submission and
// completion. This is the seam for that: net/epoll_wire.h is the one kind, net/ring_wire.h the other.
//
//   await(kInput) ... handler(event) ... receive(transport) ... flush(transport) ... await(...)
//
// Thread: one at a time, whichever holds the connection. The handler is called on the loop's thread.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/unique_fd.h"

namespace pollux::net {

class Transport;

// What a connection waits for. Silence: for nothing of the client; only its vanishing is still reported.
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

// What one call, or one operation, is to send.
struct Portion {
  std::span<const iovec> pieces;
  std::uint64_t octets;
};

class Wire {
 public:
  // What has happened.
  struct Event {
    bool input = false;       // There is something to be received;
    bool end = false;         // an end of input, or an error.
    bool gone = false;        // Neither direction is left: nobody is there to be answered.
    bool room = false;        // The socket takes octets again, or has found out that it never will.
    std::uint32_t flags = 0;  // The rest is for trace_event(): epoll's events, or a RingOperation,
    int result = 0;           // and what became of it.
  };
  class Handler {
   public:
    virtual ~Handler() = default;

    // May close the wire. Of an EpollWire nothing is used afterwards, so that one may be destroyed as well;
    // any other wire stays until the batch of events is over and it is at_rest().
    virtual void on_event(Event event) = 0;
  };

  enum class Flush : std::uint8_t { kDone, kBlocked, kBroken };
  struct Flushed {
    Flush state = Flush::kDone;
    bool progress = false;   // The socket took something.
    bool under_way = false;  // A write was submitted: a later call knows what became of it.
  };

  static constexpr std::uint64_t kWriteBudget = 2 * 1024 * 1024;  // Octets sent before others get their turn.

  Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  virtual ~Wire() = default;

  // Brings what has come into the transport: octets, the end of input, or a failure. `end`: Event::end of
  // what the handler was told. Throws std::bad_alloc.
  virtual void receive(Transport& transport, bool end) = 0;

  // Sends what the transport has to send, until the socket takes no more or others should get their turn
  // (kBlocked: await(kRoom), then go on).
  [[nodiscard]] virtual Flushed flush(Transport& transport) = 0;

  // The wire calls the handler at least once after the wanted condition holds. `anew`: also if it held
  // before, and was reported. false: it cannot be had; close. Any thread may call it that holds the
  // connection, and the handler may run before it has returned.
  [[nodiscard]] virtual bool await(Interest interest, bool anew) = 0;
  [[nodiscard]] virtual Interest interest() const = 0;  // The last one; kSilence before the first.

  // Octets wait in the kernel that receive() has not seen.
  [[nodiscard]] virtual bool has_unread() const = 0;

  // No more will be sent. shut_down() also tells TCP; false: there is no connection any more.
  [[nodiscard]] virtual bool shut_down(Transport& transport) = 0;
  virtual void close(Transport& transport) = 0;  // After what the kernel has taken was delivered.
  virtual void reset() = 0;                      // At once: the kernel forgets what was not delivered.
  // After close() or reset(): the kernel has nothing more to do with it or with its transport. Until then
  // both stay; the handler hears nothing. When it comes true, the loop has a turn.
  [[nodiscard]] virtual bool at_rest() const { return true; }

  virtual void trace_event(const Event& event) const = 0;  // As a note (base/trace.h).

  [[nodiscard]] virtual int fd() const = 0;

 protected:
  // What all kinds do alike, with the socket itself.
  [[nodiscard]] static bool has_octets(int socket);  // In the kernel, for us.
  static void send_farewell(int socket, Transport& transport);
  static void forget_unsent(int socket);  // Closing it is a reset.

  // The first `max` octets of `pieces`; cuts the last of them short.
  [[nodiscard]] static Portion portion_of(std::span<iovec> pieces, std::uint64_t max);

  static void report_changed_file();  // In the log, within reason: why an answer ends short.
};

}  // namespace pollux::net
