// The conversation on one connection: TLS, then a protocol and its answers, then the end, each with its
// phase.
//
//   handshake --> converse <--> flush --> finish --> (linger) --> end
//
// Each step returns what to wait for (Outcome), and the connection does the waiting: a conversation knows no
// loop, no timer and no other thread.
//
// Thread: the one that holds the connection.
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

// Logs, at a limited rate, that a connection met an unexpected exception. Thread: any.
void report_unexpected(const char* what);

struct ConversationOptions {
  MemoryBudget& memory;  // For all buffers of the server.
  const Clock& clock;
};

class Conversation {
 public:
  enum class Outcome : std::uint8_t {
    kAwaitInput,
    kAwaitRoom,
    kAwaitBoth,
    kAwaitHandler,
    kHold,  // Reads nothing for now: memory is short, and this connection's buffers are large.
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

  // Reads what has arrived. Does not throw: if memory is short, the next advance() finds out.
  void receive(bool end_announced);
  [[nodiscard]] bool nothing_came() const { return transport_.nothing_came() && !out_of_memory_; }

  // When the last event made it ready, for the metrics.
  [[nodiscard]] TimePoint ready_since() const { return ready_; }
  void set_ready(TimePoint ready) { ready_ = ready; }

  // The steps. refuse() replaces advance() when no thread is free to serve the connection, and expire() when
  // the phase's deadline has passed. They throw what the protocol throws.
  [[nodiscard]] Outcome advance(const Now& now);
  [[nodiscard]] Outcome refuse(const Now& now);
  [[nodiscard]] Outcome expire(const Now& now);

  // To be called after each step with its outcome: returns what to do instead if memory is short.
  [[nodiscard]] Outcome weigh(Outcome outcome, const Now& now);
  // Whether its buffers count in the budget. If so, call weigh(waits_for()) now and then, even if nothing
  // happens.
  [[nodiscard]] bool weighty() const { return charge_.counts(); }
  [[nodiscard]] Outcome waits_for() const { return waits_for_; }  // The last step's, before weigh().

  // Ends the connection. Only the destructor may follow. Does not throw.
  void end(bool reset);
  void end_protocol();  // Tells the protocol, once, that it ends; the socket stays. Does not throw.

  [[nodiscard]] const Terms& terms() const { return *terms_; }
  // No request is in flight, and all responses were sent.
  [[nodiscard]] bool between_requests() const {
    return phase_.phase() == Phase::kKeepAlive && transport_.all_sent();
  }
  // Moves to the terms now in force, if the protocol can. REQUIRES: between_requests(), and its terms are
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
  // Between two requests since `then` at the latest, so that the next one is hardly on its way.
  [[nodiscard]] bool quiet_since(TimePoint then) const {
    return phase_.phase() == Phase::kKeepAlive && transport_.empty() &&
           phase_.since(terms_->timeouts()) <= then;
  }
  void trim();  // REQUIRES: idle(). Frees the buffers.
  // For a connection without progress for a while: thousands of slow readers must not each keep a window of a
  // file mapped.
  void unmap() { transport_.unmap(); }

 private:
  [[nodiscard]] Outcome go_on_with_handshake(const Now& now);
  [[nodiscard]] Outcome converse(const Now& now, bool overdue = false);
  [[nodiscard]] Outcome converse_while_sending(Outcome unsent, const Now& now);
  [[nodiscard]] Outcome last_words(Protocol::Trouble trouble, const Now& now);
  void hold(bool held, const Now& now);
  [[nodiscard]] Outcome shed(const Now& now);
  [[nodiscard]] std::size_t memory() const;  // Bytes in its buffers and its protocol.
  [[nodiscard]] Outcome flush_and_finish(const Now& now);
  [[nodiscard]] Outcome finish(const Now& now);
  // std::nullopt: all was sent.
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
  std::shared_ptr<const Terms> terms_;  // Declared before all members that may refer to what is behind them.
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
  bool out_of_memory_ = false;   // receive() had no memory for what arrived.
  bool protocol_ended_ = false;  // The protocol was told of its end.
  bool held_ = false;            // Reading is suspended for lack of memory.
  bool lingering_ = false;       // Our side is shut down; only the client's end is awaited.
};

}  // namespace pollux::net
