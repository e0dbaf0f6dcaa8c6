#include "net/conversation.h"

#include <exception>
#include <utility>

#include "base/metrics.h"
#include "base/trace.h"
#include "log/throttle.h"

namespace pollux::net {

namespace {

constexpr int kTurns = 8;  // Calls of the protocol for one event, before other connections get their turn.

}  // namespace

void report_unexpected(const char* what) {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection met an unexpected error: {}", what);
}

Conversation::Conversation(const ConversationOptions& options, std::unique_ptr<Wire> wire,
                           ProtocolHost& connection, Transport transport, std::shared_ptr<const Terms> terms,
                           std::unique_ptr<Protocol> protocol)
    : options_(options),
      terms_(std::move(terms)),
      wire_(std::move(wire)),
      connection_(connection),
      transport_(std::move(transport)),
      protocol_(std::move(protocol)),
      charge_(options.memory) {}

// --- The steps -----------------------------------------------------------------------------------

void Conversation::receive(bool end_announced) {
  metrics::doing(metrics::Activity::kReading);
  try {
    wire_->receive(transport_, end_announced);
  } catch (const std::exception& error) {  // The loop that may be calling must go on.
    report_unexpected(error.what());
    out_of_memory_ = true;
  }
  metrics::doing(metrics::Activity::kLooking);
}

Conversation::Outcome Conversation::refuse(const Now& now) {
  const bool nobody_asks = transport_.empty() && transport_.end_of_input();
  if (transport_.failed() || lingering_ || nobody_asks || !transport_.ready()) return Outcome::kClose;
  if (const auto unsent = flush(now)) return *unsent;  // In the middle of a response, which goes on.
  if (ending()) return finish(now);
  // It was woken for a response that is already written: there is no request to refuse.
  const bool between_requests = phase_.phase() == Phase::kKeepAlive && transport_.empty();
  if (between_requests && next_ == Protocol::Next::kContinue) return Outcome::kAwaitInput;
  return last_words(Protocol::Trouble::kOverload, now);
}

Conversation::Outcome Conversation::expire(const Now& now) {
  if (held_) return shed(now);  // The client is not to blame for the lack of progress.
  switch (phase_.rule().expiry) {
    case PhaseRule::Expiry::kReset: return Outcome::kReset;
    case PhaseRule::Expiry::kClose: return Outcome::kClose;
    case PhaseRule::Expiry::kAsk: return converse(now, true);
    case PhaseRule::Expiry::kLastWords: break;
  }
  return last_words(Protocol::Trouble::kDeadline, now);
}

Conversation::Outcome Conversation::advance(const Now& now) {
  if (transport_.failed() || out_of_memory_) return Outcome::kClose;
  if (lingering_) {
    transport_.discard_input();
    return transport_.end_of_input() ? Outcome::kClose : Outcome::kAwaitInput;
  }
  if (ending()) return flush_and_finish(now);
  switch (transport_.decrypt()) {
    case Transport::Security::kReady: break;
    case Transport::Security::kHandshake: return go_on_with_handshake(now);
    case Transport::Security::kNotTls:
      transport_.give_up_tls();
      return last_words(Protocol::Trouble::kNotEncrypted, now);
    case Transport::Security::kBroken:
      report_tls_failure();
      next_ = Protocol::Next::kLinger;  // So that the client can read the alert.
      return flush_and_finish(now);
  }
  if (handshaking() && transport_.tls() != nullptr) {
    metrics::count(metrics::Counter::kHandshakes);
    if (transport_.resumed()) metrics::count(metrics::Counter::kHandshakesResumed);
    trace::note("TLS", "the handshake is complete");
    enter(Phase::kHeader, true, now.steady);
  }
  return converse(now);
}

Conversation::Outcome Conversation::go_on_with_handshake(const Now& now) {
  trace::note("TLS", "the handshake goes on");
  if (const auto unsent = flush(now)) return *unsent;
  return transport_.end_of_input() ? Outcome::kClose : Outcome::kAwaitInput;
}

Conversation::Outcome Conversation::converse(const Now& now, bool overdue) {
  if (terms_->retired() && between_requests()) {
    renew(now);
    if (transport_.empty() && !transport_.end_of_input()) return Outcome::kAwaitInput;
  }
  const std::uint64_t enough = transport_.octets_sent() + Wire::kWriteBudget;
  for (int turn = 0; turn < kTurns && transport_.octets_sent() < enough; ++turn) {
    if (const auto unsent = flush(now)) return converse_while_sending(*unsent, now);
    if (ending()) return finish(now);
    if (next_ == Protocol::Next::kSwitch) {
      switch_to(protocol_->successor(), now);
      if (!transport_.ready()) return Outcome::kAwaitRoom;  // Its handshake waits its turn, like all others.
    }
    metrics::doing(metrics::Activity::kHandling);
    const Protocol::Step step = protocol_->on_input(io(now, std::exchange(overdue, false)));
    next_ = step.next;
    if (!transport_.all_sent()) {
      if (phase_.phase() != Phase::kOpen) meter_.answered(ready_);  // An open protocol answers no request.
    } else if (next_ == Protocol::Next::kContinue || next_ == Protocol::Next::kWait) {
      enter(step.phase, step.restart, now.steady);
      return next_ == Protocol::Next::kWait ? Outcome::kAwaitHandler : Outcome::kAwaitInput;
    }
  }
  if (const auto unsent = flush(now)) return converse_while_sending(*unsent, now);
  if (ending()) return finish(now);
  return Outcome::kAwaitRoom;  // There is more to do, but others have waited long enough.
}

// `unsent`: the reason for unsent output.
Conversation::Outcome Conversation::converse_while_sending(Outcome unsent, const Now& now) {
  if (unsent != Outcome::kAwaitRoom || ending() || !protocol_->reads_while_sending()) return unsent;
  if (!transport_.in().empty()) next_ = protocol_->on_input(io(now)).next;
  // If the client has ended its side, waiting for input would report that end again and again.
  return transport_.end_of_input() || ending() ? Outcome::kAwaitRoom : Outcome::kAwaitBoth;
}

bool Conversation::ending() const {
  return next_ == Protocol::Next::kClose || next_ == Protocol::Next::kLinger;
}

Protocol::Io Conversation::io(const Now& now, bool overdue) {
  return {.in = transport_.in(),
          .out = transport_.out(),
          .end_of_input = transport_.end_of_input(),
          .now = now,
          .overdue = overdue,
          .connection = &connection_};
}

Conversation::Outcome Conversation::last_words(Protocol::Trouble trouble, const Now& now) {
  protocol_->on_trouble(io(now), trouble);
  next_ = Protocol::Next::kLinger;
  return flush_and_finish(now);
}

// --- Memory --------------------------------------------------------------------------------------

std::size_t Conversation::memory() const {
  return transport_.memory() + (protocol_ended_ ? 0 : protocol_->memory());
}

Conversation::Outcome Conversation::weigh(Outcome outcome, const Now& now) {
  if (outcome == Outcome::kClose || outcome == Outcome::kReset) return outcome;
  waits_for_ = outcome;
  if (transport_.memory() >= MemoryBudget::kStep) transport_.trim();
  const MemoryBudget::Pressure pressure = charge_.update(memory());
  if (pressure == MemoryBudget::Pressure::kShed) return shed(now);
  hold(pressure == MemoryBudget::Pressure::kHold && outcome == Outcome::kAwaitInput, now);
  return held_ ? Outcome::kHold : outcome;
}

// Neither the time on hold nor the time before may count against the client afterwards. A deadline for
// progress begins anew, so it also bounds the time on hold: otherwise held connections could hold each other
// for ever.
void Conversation::hold(bool held, const Now& now) {
  if (std::exchange(held_, held) == held || phase_.rule().absolute) return;
  enter(phase_.phase(), true, now.steady);
}

Conversation::Outcome Conversation::shed(const Now& now) {
  metrics::count(metrics::Counter::kShed);
  trace::note("memory", "the buffers of all connections take too much; this one's are large, and go");
  static log::Throttle throttle(1);
  throttle.log(log::Level::kWarn, "memory is short (limits.memory): {} is shed", connection_.client());
  held_ = false;
  if (lingering_ || !transport_.all_sent()) return Outcome::kReset;  // No message for one that does not read.
  transport_.discard_input();
  const Outcome outcome = last_words(Protocol::Trouble::kOverload, now);
  transport_.trim();
  (void)charge_.update(transport_.memory());
  return outcome;
}

// --- Sending -------------------------------------------------------------------------------------

std::optional<Conversation::Outcome> Conversation::flush(const Now& now) {
  if (transport_.all_sent()) return transport_.cut_short() ? std::optional(Outcome::kReset) : std::nullopt;
  const Wire::Flushed flushed = flush_measured(now);
  if (flushed.state == Wire::Flush::kBroken) return Outcome::kReset;
  const bool blocked = flushed.state == Wire::Flush::kBlocked;
  // A handshake has a single deadline, however slowly the client proceeds.
  if ((flushed.progress || blocked) && !handshaking()) enter(Phase::kSend, flushed.progress, now.steady);
  if (blocked) return Outcome::kAwaitRoom;
  return std::nullopt;
}

Wire::Flushed Conversation::flush_measured(const Now& now) {
  metrics::doing(metrics::Activity::kWriting);
  const TimePoint before = options_.clock.read_steady();
  const Wire::Flushed flushed = wire_->flush(transport_);
  metrics::doing(metrics::Activity::kLooking);
  meter_.flushed(flushed, now.steady, before, options_.clock.read_steady());
  return flushed;
}

Conversation::Outcome Conversation::flush_and_finish(const Now& now) {
  if (const auto unsent = flush(now)) return *unsent;
  return finish(now);
}

// --- The end -------------------------------------------------------------------------------------

Conversation::Outcome Conversation::finish(const Now& now) {
  // Closing with unread input makes the kernel send a reset, which can destroy the response on its way.
  const bool linger = next_ == Protocol::Next::kLinger || terms_->linger() || !transport_.empty();
  if (!linger || transport_.end_of_input() || !wire_->shut_down(transport_)) return Outcome::kClose;
  end_protocol();
  lingering_ = true;
  transport_.discard_input();
  enter(Phase::kLinger, true, now.steady);
  return Outcome::kAwaitInput;
}

void Conversation::renew(const Now& now) {
  std::shared_ptr<const Terms> fresh = terms_->successor();
  if (fresh == nullptr) return;
  std::unique_ptr<Protocol> next = protocol_->renewed(*fresh);
  if (next == nullptr) return;
  switch_to(std::move(next), now);
  phase_.change(terms_->timeouts(), fresh->timeouts());
  terms_ = std::move(fresh);
}

void Conversation::switch_to(std::unique_ptr<Protocol> next, const Now& now) {
  end_protocol();
  protocol_ended_ = false;
  protocol_ = std::move(next);
  protocol_->on_open(connection_);
  if (handshaking() && transport_.ready()) enter(protocol_->first_phase(), true, now.steady);
  next_ = Protocol::Next::kContinue;
}

// Everything has been sent, or never will be.
void Conversation::end_protocol() {
  if (std::exchange(protocol_ended_, true)) return;
  connection_.forget_waker();
  try {
    protocol_->on_close(transport_.octets_sent());
  } catch (const std::exception& error) {  // No memory for a line of a log.
    report_unexpected(error.what());
  }
}

// Scanners and outdated clients make this an everyday event, so it is logged at a low level.
void Conversation::report_tls_failure() const {
  metrics::count(metrics::Counter::kHandshakesFailed);
  static log::Throttle throttle(10);
  throttle.log(log::Level::kInfo, "TLS with {} failed: {}", connection_.client(), transport_.tls_failure());
}

void Conversation::end(bool reset) {
  end_protocol();
  if (reset) {
    wire_->reset();
  } else {
    wire_->close(transport_);
  }
}

void Conversation::trim() {
  transport_.release();
  protocol_->trim();
  (void)charge_.update(memory());  // A protocol may keep an incomplete message.
}

}  // namespace pollux::net
