// The seam between a connection, which knows sockets, deadlines and threads, and the protocol spoken on it.
//
// The connection calls its protocol once per event, never once per octet, on the thread that holds the
// connection, so a protocol needs no lock. Octets go in, values come out: a protocol knows no descriptor, no
// epoll and no clock.
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
    kLinger,    // As kClose, but for a client that may still be sending (RFC 9112 9.6).
    kWait,      // Send what is queued; another thread makes the rest, and wakes the connection then.
    kSwitch,    // Send what is queued, then go on with successor().
  };

  // The reasons for which a connection ends early.
  enum class Trouble : std::uint8_t {
    kDeadline,      // The deadline of kHeader, kBody or kHandling has passed.
    kOverload,      // No worker takes its input, or memory is short.
    kNotEncrypted,  // The client speaks plain text where TLS is expected; the response is plain text, too.
  };

  struct Step {
    Next next = Next::kContinue;
    Phase phase = Phase::kKeepAlive;  // For the wait for more input.
    bool restart = false;             // Starts the deadline anew although the phase did not change.
  };

  struct Io {
    Buffer& in;         // Consume what was parsed.
    OutputQueue& out;   // Queue the responses, in order.
    bool end_of_input;  // The peer has shut down its sending side; nothing follows what is in `in`.
    const Now& now;
    bool overdue = false;                // The deadline of a phase with PhaseRule::Expiry::kAsk has passed.
    ProtocolHost* connection = nullptr;  // nullptr in tests.
  };

  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  // Called when input has arrived, when all queued output was sent, and after a wake-up. It may stop early to
  // have its output sent: it is then called again, without new input, until it queues nothing more.
  [[nodiscard]] virtual Step on_input(Io io) = 0;

  // The phase while waiting for the first input, after a TLS handshake if there is one.
  [[nodiscard]] virtual Phase first_phase() const { return Phase::kHeader; }

  // After Next::kSwitch: the protocol that goes on with the rest of the input. Called once.
  [[nodiscard]] virtual std::unique_ptr<Protocol> successor() { return nullptr; }

  // Called when this protocol has succeeded another one.
  virtual void on_open(ProtocolHost& /*connection*/) {}

  // Whether to call it with input also while its output waits for the client, since the input may concern
  // that output. It should queue little then, as it may be called often.
  [[nodiscard]] virtual bool reads_while_sending() const { return false; }

  // Queue a last answer, or nothing. The connection then ends.
  virtual void on_trouble(Io io, Trouble trouble) = 0;

  // The protocol that replaces this one under the new `terms`, while no request is in flight and all
  // responses were sent (Phase::kKeepAlive). nullptr: it cannot be replaced, and asks by itself whether its
  // terms are retired. Throws std::bad_alloc.
  [[nodiscard]] virtual std::unique_ptr<Protocol> renewed(const Terms& /*terms*/) const { return nullptr; }

  // The connection ends, after `sent` octets in total: free what is large. The last call.
  virtual void on_close(std::uint64_t sent) = 0;

  // Bytes held beside the buffers of Io, for the server's memory budget. A precision of kilobytes is enough.
  [[nodiscard]] virtual std::size_t memory() const { return 0; }

  // The connection has been idle for a while: free what can be rebuilt.
  virtual void trim() = 0;
};

}  // namespace pollux::net
