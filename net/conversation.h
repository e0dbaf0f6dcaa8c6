// The conversation on one connection: TLS, then a protocol, its answers, and the end, each with its phase.
//
//   handshake --> converse <--> flush --> finish --> (linger) --> end
//
// It says how it wants to go on (Outcome) and leaves the waiting to the connection: it knows no loop, no
// timer and no other thread.
//
// Thread: whichever holds the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "net/phase_clock.h"
#include "net/protocol.h"
#include "net/send_meter.h"
#include "net/terms.h"
#include "net/transport.h"
#include "net/waker.h"
#include "net/wire.h"

namespace pollux::net {

// Says in the log, within reason, that a connection met an exception nobody expects. Thread: any.
void report_unexpected(const char* what);

struct ConversationOptions {
  MemoryBudget& memory;  // Of all buffers of the server.
  const Clock& clock;
};

class Conversation {
 public:
  enum class Outcome : std::uint8_t {
    kAwaitInput,
    kAwaitRoom,
    kAwaitBoth,
    kAwaitHandler,
    kHold,  // Reads no more for now: the server's buffers take too much memory, and this one's are large.
    kClose,
    kReset,
  };

  // All references must outlive it. `protocol` is spoken under `terms`.
  Conversation(const ConversationOptions& options, std::unique_ptr<Wire> wire, ProtocolHost& connection,
               Transport transport, std::shared_ptr<const Terms> terms, std::unique_ptr<Protocol> protocol);

  void begin(TimePoint now) { enter(first_phase(), true, now); }
  [[nodiscard]] Phase first_phase() const {
    return transport_.ready() ? protocol_->first_phase() : Phase::kHandshake;
  }

  // Takes what has come. Does not throw: want of memory shows in the next advance().
  void receive(bool end_announced);
  [[nodiscard]] bool nothing_came() const { return transport_.nothing_came() && !out_of_memory_; }

  // When something was last to be done, for the metrics.
  [[nodiscard]] TimePoint ready_since() const { return ready_; }
  void set_ready(TimePoint ready) { ready_ = ready; }

  // The steps; the last two instead of the first: there is nobody to serve it; the phase's deadline has
  // passed. Throw what the protocol throws.
  [[nodiscard]] Outcome advance(const Now& now);
  [[nodiscard]] Outcome refuse(const Now& now);
  [[nodiscard]] Outcome expire(const Now& now);

  // To be called after each step, with its outcome: what to do instead, if memory is short.
  [[nodiscard]] Outcome weigh(Outcome outcome, const Now& now);
  // Whether it counts in the budget: then weigh(waits_for()) now and then, whether or not anything happens.
  [[nodiscard]] bool weighty() const { return charge_.counts(); }
  [[nodiscard]] Outcome waits_for() const { return waits_for_; }  // Of the last step, before it was weighed.

  // The end: the last call but the destructor's. Does not throw.
  void end(bool reset);
  void end_protocol();  // It is told, once; the socket stays. Does not throw.

  [[nodiscard]] const Terms& terms() const { return *terms_; }
  // Nothing is asked, and all answers were sent.
  [[nodiscard]] bool between_requests() const {
    return phase_.phase() == Phase::kKeepAlive && transport_.all_sent();
  }
  // Moves to the terms that hold by now, if its protocol can. REQUIRES: between_requests(), and its terms are
  // retired. Throws std::bad_alloc, and then nothing has changed.
  void renew(const Now& now);

  [[nodiscard]] Wire& wire() { return *wire_; }
  [[nodiscard]] const Wire& wire() const { return *wire_; }
  [[nodiscard]] const PhaseClock& phase() const { return phase_; }
  [[nodiscard]] bool handshaking() const { return phase_.phase() == Phase::kHandshake; }
  [[nodiscard]] bool handshake_ahead() const { return transport_.handshake_ahead(); }  // Its costly part.
  [[nodiscard]] bool worth_following() const {
    const bool client_known = !handshaking() || !transport_.ready();
    return client_known && phase_.phase() != Phase::kOpen && !lingering_;
  }
  [[nodiscard]] bool all_sent() const { return transport_.all_sent(); }
  [[nodiscard]] bool is_certified_for(std::string_view host) const {
    return transport_.is_certified_for(host);
  }
  [[nodiscard]] std::string_view application_protocol() const { return transport_.application_protocol(); }
  [[nodiscard]] bool idle() const { return phase_.rule().quiet && transport_.empty(); }
  [[nodiscard]] bool may_end() const { return phase_.rule().may_end && transport_.empty(); }
  [[nodiscard]] std::string_view tls_version() const { return transport_.tls_version(); }
  void begin_tls(std::unique_ptr<tls::Session> session) { transport_.accept_tls(std::move(session)); }
  // Between two requests, and for so long that the next one is hardly on its way.
  [[nodiscard]] bool quiet_since(TimePoint then) const {
    return phase_.phase() == Phase::kKeepAlive && transport_.empty() &&
           phase_.since(terms_->timeouts()) <= then;
  }
  void trim();  // REQUIRES: idle(). Frees the buffers.
  // For one that has not moved for a while: thousands of slow readers are not to hold a window onto a file
  // each.
  void unmap() { transport_.unmap(); }

 private:
  [[nodiscard]] Outcome go_on_with_handshake(const Now& now);
  [[nodiscard]] Outcome converse(const Now& now, bool overdue = false);
  [[nodiscard]] Outcome converse_while_sending(Outcome unsent, const Now& now);
  [[nodiscard]] Outcome last_words(Protocol::Trouble trouble, const Now& now);
  void hold(bool held, const Now& now);
  [[nodiscard]] Outcome shed(const Now& now);
  [[nodiscard]] std::size_t memory() const;  // Bytes that it holds.
  [[nodiscard]] Outcome flush_and_finish(const Now& now);
  [[nodiscard]] Outcome finish(const Now& now);
  // std::nullopt: all is sent.
  [[nodiscard]] std::optional<Outcome> flush(const Now& now);
  [[nodiscard]] Wire::Flushed flush_measured(const Now& now);
  [[nodiscard]] bool ending() const;
  [[nodiscard]] Protocol::Io io(const Now& now, bool overdue = false);
  void switch_to(std::unique_ptr<Protocol> next, const Now& now);
  void enter(Phase phase, bool restart, TimePoint now) {
    phase_.enter(phase, restart, now, terms_->timeouts());
  }
  void report_tls_failure() const;

  const ConversationOptions& options_;
  std::shared_ptr<const Terms> terms_;  // Before all that may need what is behind them.
  const std::unique_ptr<Wire> wire_;
  ProtocolHost& connection_;
  Transport transport_;
  std::unique_ptr<Protocol> protocol_;
  TimePoint ready_;
  PhaseClock phase_;
  SendMeter meter_;
  MemoryBudget::Charge charge_;
  Outcome waits_for_ = Outcome::kAwaitInput;
  Protocol::Next next_ = Protocol::Next::kContinue;
  bool out_of_memory_ = false;   // receive() could not take what has come.
  bool protocol_ended_ = false;  // It was told.
  bool held_ = false;            // Not read from for want of memory.
  bool lingering_ = false;       // We have shut down our side and only wait for the client's end.
};

}  // namespace pollux::net
