// The seam between a connection, which knows sockets, deadlines and threads, and what is spoken on it.
//
// Called once an event, never once an octet, on whichever thread holds the connection: a protocol
// needs no lock. It takes octets and returns values: it knows no descriptor, no epoll and no clock.
#pragma once

#include <cstdint>
#include <memory>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/output_queue.h"
#include "net/phase.h"
#include "net/waker.h"

namespace pollux::net {

class Terms;

class Protocol {
 public:
  enum class Next : std::uint8_t {
    kContinue,  // Send what is queued, then wait for more input.
    kClose,     // Send what is queued, then close.
    kLinger,    // The same, but the client may still be sending: let it see the answer first (RFC 9112 9.6).
    kWait,      // Send what is queued; the rest comes from another thread, which wakes the connection then.
    kSwitch,    // Send what is queued, then go on with successor() instead of this.
  };

  // Why a connection ends before its time.
  enum class Trouble : std::uint8_t {
    kDeadline,      // That of kHeader, kBody or kHandling has passed.
    kOverload,      // There is no worker for its input, or too little memory.
    kNotEncrypted,  // The client speaks plain text where TLS is spoken; so will the answer be.
  };

  struct Step {
    Next next = Next::kContinue;
    Phase phase = Phase::kKeepAlive;  // Of the wait for more input.
    bool restart = false;             // The phase's deadline starts anew although the phase did not change.
  };

  struct Io {
    Buffer& in;         // Consume what was understood.
    OutputQueue& out;   // Queue the answers, in order.
    bool end_of_input;  // The peer has shut down its sending side; nothing follows what is in `in`.
    const Now& now;
    bool overdue = false;  // A deadline has passed whose rule is to ask (PhaseRule::Expiry::kAsk).
    ProtocolHost* connection = nullptr;  // nullptr in tests.
  };

  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  // Input has arrived, all output queued before was sent, or it was woken. May stop early to have its output
  // sent: it is called again, without new input, until it queues nothing more.
  [[nodiscard]] virtual Step on_input(Io io) = 0;

  // Of the wait for the first input, where that is not TLS's.
  [[nodiscard]] virtual Phase first_phase() const { return Phase::kHeader; }

  // After Next::kSwitch: who goes on, with what is left of the input. Called once.
  [[nodiscard]] virtual std::unique_ptr<Protocol> successor() { return nullptr; }

  // This is the successor of another.
  virtual void on_open(ProtocolHost& /*connection*/) {}

  // It is also called with input while its output waits for the client: what the client says may be about
  // that. Then it queues little, since it may be called often.
  [[nodiscard]] virtual bool reads_while_sending() const { return false; }

  // Queue a last answer, or nothing. The connection then ends.
  virtual void on_trouble(Io io, Trouble trouble) = 0;

  // Who goes on in its place, under these terms, while nothing is asked and all answers were sent
  // (Phase::kKeepAlive). nullptr: nobody can; it finds out by itself that its terms are retired. Throws
  // std::bad_alloc.
  [[nodiscard]] virtual std::unique_ptr<Protocol> renewed(const Terms& /*terms*/) const { return nullptr; }

  // The connection ends, after `sent` octets in all: free what is large. Last call.
  virtual void on_close(std::uint64_t sent) = 0;

  // Bytes it holds beside the buffers of Io, for the server's budget. Whole kilobytes will do.
  [[nodiscard]] virtual std::size_t memory() const { return 0; }

  // The connection has been idle for a while: free what can be made again.
  virtual void trim() = 0;
};

}  // namespace pollux::net
