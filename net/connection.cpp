#include "net/connection.h"

#include <sys/epoll.h>

#include <exception>
#include <utility>

#include "base/metrics.h"
#include "log/throttle.h"
#include "net/connection_set.h"
#include "net/event_names.h"
#include "net/socket_address.h"

namespace pollux::net {

namespace {

constexpr milliseconds kLookAgain{100};  // A deadline fired while the connection was lent.
constexpr int kTurns = 8;                // Of the protocol for one event, before others get theirs.

// Of the connections that are in a phase.
metrics::Gauge gauge_of(Phase phase) { return static_cast<metrics::Gauge>(phase); }
static_assert(static_cast<int>(metrics::Gauge::kHandshaking) == static_cast<int>(Phase::kHandshake));
static_assert(static_cast<int>(metrics::Gauge::kLingering) == static_cast<int>(Phase::kLinger));

void report_unexpected(const char* what) {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection met an unexpected error: {}", what);
}

}  // namespace

Connection::Connection(ConnectionSet& set, Transport transport, std::unique_ptr<Protocol> protocol,
                       Admission::Place place)
    : set_(set),
      place_(std::move(place)),
      transport_(std::move(transport)),
      protocol_(std::move(protocol)),
      channel_(transport_.fd(), [this](std::uint32_t events) { on_event(events); }),
      timer_([this](TimePoint now) { on_timer(now); }) {
  metrics::change(gauge_of(phase_), +1);
}

Connection::~Connection() {
  metrics::change(gauge_of(phase_), -1);
  if (waker_) waker_->end();  // Who has it may outlive us, however we end.
}

// Most clients send their first request together with the last segment of TCP's handshake. So it is read at
// once, and epoll hears of the connection only when there is something to wait for.
void Connection::start(const Now& now) {
  enter(transport_.ready() ? Phase::kHeader : Phase::kHandshake, true, now);
  hold_.store(Hold::kLent, std::memory_order_relaxed);  // Nobody else knows it yet.
  follow();
  const trace::Scope scope(recording_.get());
  trace::note("accept", "descriptor {}; the first read is tried at once", transport_.fd());
  receive();
  received_at_start_ = !transport_.nothing_came();
  if (received_at_start_) return set_.dispatch(*this);
  set_.loop().timers().arm(timer_, deadline_);
  give_back(EPOLLIN | EPOLLRDHUP);
}

// --- Holding -------------------------------------------------------------------------------------

bool Connection::take(Hold mark) {
  Hold before = Hold::kLoop;
  const auto next = [mark](Hold hold) {
    if (hold == Hold::kLoop) return Hold::kLent;
    return hold == Hold::kLentAndWoken ? hold : mark;
  };
  while (!hold_.compare_exchange_weak(before, next(before), std::memory_order_acquire)) {
  }
  return before == Hold::kLoop;
}

void Connection::give_back(std::uint32_t interest) {
  const ConnectionOptions& options = set_.options();
  if (!options.oneshot && !std::exchange(silenced_, false)) {
    // An edge is reported once. Where a budget ended the work early, it has to be asked for again.
    const bool new_edge = options.edge_triggered && (interest == EPOLLOUT || transport_.input_left());
    if (interest == interest_ && !new_edge) {
      trace::note("armed", "for {} already: without EPOLLONESHOT it stays so", EventNames{interest});
    } else if (!arm(interest)) {
      return retire(true);
    }
    stop_following();
    hold_.store(Hold::kLoop, std::memory_order_release);
    return;
  }
  if (!arm(interest)) return retire(true);
  stop_following();
  Hold before = Hold::kLent;
  while (!hold_.compare_exchange_strong(before, Hold::kLoop, std::memory_order_release)) {
    if (before == Hold::kLentAndWoken) interest |= EPOLLOUT;  // Nothing may have come: but there is room.
    hold_.store(Hold::kLent, std::memory_order_relaxed);  // The event came before we let go, and is used up.
    before = Hold::kLent;
    (void)arm(interest);
  }
}

// false: epoll has no room for one more.
bool Connection::arm(std::uint32_t interest) {
  const ConnectionOptions& options = set_.options();
  const std::uint32_t events = interest | (options.edge_triggered ? EPOLLET : 0U) |  //
                               (options.oneshot ? EPOLLONESHOT : 0U);
  const bool known = interest_ != 0;
  interest_ = interest;
  trace::note("epoll_ctl", "{} {}", known ? "MOD" : "ADD", EventNames{events});
  if (!known) return set_.loop().try_add(channel_, events);
  set_.loop().modify(channel_, events);
  return true;
}

void Connection::switch_protocol() {
  std::unique_ptr<Protocol> next = protocol_->successor();
  end_protocol();
  protocol_ended_ = false;
  protocol_ = std::move(next);
  waker_ = std::make_shared<Waker>(*this);
  protocol_->on_open(waker_);
  next_ = Protocol::Next::kContinue;
}

// What there was to say has been said, or never will be.
void Connection::end_protocol() {
  if (std::exchange(protocol_ended_, true)) return;
  if (waker_) waker_->end();
  try {
    protocol_->on_close(transport_.out.consumed());
  } catch (const std::exception& error) {  // No memory for a line of a log.
    report_unexpected(error.what());
  }
}

void Connection::retire(bool reset) {
  trace::note("close", "{}", reset ? "with a reset: what was not taken is forgotten" : "");
  stop_following(true);
  end_protocol();
  if (reset) {
    transport_.reset();
  } else {
    transport_.close();
  }
  set_.bury(*this);
}

// One that is followed has its next request to itself.
void Connection::follow() {
  const bool may_be = trace::Tracer::armed() && !recording_ && phase_ != Phase::kOpen && !lingering_;
  if (!may_be) return;
  try {
    recording_ =
        trace::Tracer::instance().begin([this] { return SocketAddress::of_peer(transport_.fd()).host(); });
  } catch (const std::exception& error) {  // No memory: then not this one.
    report_unexpected(error.what());
  }
}

// To be called when the connection is about to be given away: nothing more can be noted here.
void Connection::stop_following(bool closed) {
  if (!recording_) return;
  trace::let_go();
  const bool over = closed || (recording_->answered && transport_.all_sent());
  if (over || recording_->lasts() > trace::kLongest) trace::Tracer::instance().finish(std::move(recording_));
}

template <class Work>
void Connection::hold_and(Work work) {
  const trace::Scope scope(recording_.get());
  Outcome outcome = Outcome::kReset;
  try {
    const Now now = Now::read();
    metrics::observe(metrics::Histogram::kQueueWait, now.steady - ready_);
    outcome = work(now);
  } catch (const std::exception& error) {
    report_unexpected(error.what());
  } catch (...) {
    report_unexpected("unknown");
  }
  switch (outcome) {
    case Outcome::kAwaitInput:
      if (set_.crowded() && idle()) trim();
      return give_back(EPOLLIN | EPOLLRDHUP);
    case Outcome::kAwaitOutput:
      return give_back(EPOLLOUT);  // EPOLLRDHUP would report a half-closed client for ever.
    case Outcome::kBlock: return block();
    case Outcome::kClose: return retire(false);
    case Outcome::kReset: return retire(true);
  }
}

// An empty interest is not silence, since a hang-up is always reported. Once is silence enough: take() notes
// it.
void Connection::block() {
  if (!set_.options().oneshot) {
    silenced_ = true;  // It comes back from another thread, whether epoll knows it yet or not.
    if (interest_ != 0) set_.loop().modify(channel_, EPOLLONESHOT);
  }
  deadline_ = Now::read().steady + set_.options().blocking_patience;
  trace::note("blocking", "it goes to a thread that may wait for a database");
  trace::let_go();
  const auto task = Task::of<&Connection::serve_blocking>(*this);
  ThreadPool* pool = set_.blocking_pool();
  if (pool != nullptr && pool->submit({&task, 1}) == 1) return;  // It is the pool's now.
  hold_and([this](const Now& now) { return last_words(Protocol::Trouble::kOverload, now); });
}

void Connection::serve_blocking() {
  hold_and([this](const Now& now) {
    // The sooner those who have waited too long are told so, the sooner the others get their turn.
    if (now.steady > deadline_) return last_words(Protocol::Trouble::kOverload, now);
    next_ = Protocol::Next::kContinue;
    return converse(now, Thread::kMayBlock);
  });
}

// --- Events, on the loop -------------------------------------------------------------------------

void Connection::on_event(std::uint32_t events) {
  if (!take()) return;
  end_announced_ = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  follow();
  const trace::Scope scope(recording_.get());
  trace::note("epoll_wait", "{}", EventNames{events});
  // Octets that drip must not get ahead of the timer.
  if (rule_of(phase_).absolute && set_.loop().now().steady >= deadline_) return expire();
  if (set_.must_end()) return retire(true);
  set_.dispatch(*this);
}

void Connection::on_wake() {
  if (!take(Hold::kLentAndWoken)) return;
  end_announced_ = false;
  set_.dispatch(*this);
}

void Connection::on_timer(TimePoint now) {
  if (hold_.load(std::memory_order_acquire) != Hold::kLoop) {
    return set_.loop().timers().arm(timer_, now + kLookAgain);
  }
  if (now < deadline_) {
    if (idle()) trim();
    return set_.loop().timers().arm(timer_, deadline_);
  }
  if (take()) expire();
}

void Connection::expire() {
  const PhaseRule::Expiry expiry = rule_of(phase_).expiry;
  const bool reset = expiry == PhaseRule::Expiry::kReset;
  if (reset || expiry == PhaseRule::Expiry::kClose) return retire(reset);
  ready_ = set_.loop().now().steady;
  set_.loop().timers().arm(timer_, ready_ + set_.options().timeouts.shortest());
  hold_and([this, expiry](const Now& now) {
    if (expiry == PhaseRule::Expiry::kAsk) return converse(now, Thread::kMustNotBlock, true);
    return last_words(Protocol::Trouble::kDeadline, now);
  });
}

bool Connection::idle() const { return rule_of(phase_).quiet && transport_.empty(); }

bool Connection::may_end() const { return rule_of(phase_).may_end && transport_.empty(); }

void Connection::trim() {
  transport_.release();
  protocol_->trim();
}

// --- The steps -----------------------------------------------------------------------------------

void Connection::receive() {
  if (interest_ == EPOLLOUT) return;  // Not asked for input: the answers come first.
  if (std::exchange(received_at_start_, false)) return;
  const trace::Scope scope(recording_.get());
  metrics::doing(metrics::Activity::kReading);
  try {
    transport_.receive(set_.options().edge_triggered, end_announced_);
  } catch (const std::exception& error) {  // The loop that may be calling must go on.
    report_unexpected(error.what());
    out_of_memory_ = true;
  }
  metrics::doing(metrics::Activity::kLooking);
}

void Connection::serve() {
  hold_and([this](const Now& now) { return advance(now); });
}

void Connection::refuse() {
  hold_and([this](const Now& now) {
    const bool nobody_asks = transport_.empty() && transport_.end_of_input();
    if (transport_.failed() || lingering_ || nobody_asks || !transport_.ready()) return Outcome::kClose;
    if (const auto unsent = flush(now)) return *unsent;  // In the midst of an answer: that goes on.
    if (ending()) return finish();
    return last_words(Protocol::Trouble::kOverload, now);
  });
}

Connection::Outcome Connection::advance(const Now& now) {
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
  if (phase_ == Phase::kHandshake) {
    metrics::count(metrics::Counter::kHandshakes);
    if (transport_.resumed()) metrics::count(metrics::Counter::kHandshakesResumed);
    trace::note("TLS", "the handshake is complete");
    enter(Phase::kHeader, true, now);
  }
  return converse(now, Thread::kMustNotBlock);
}

Connection::Outcome Connection::go_on_with_handshake(const Now& now) {
  trace::note("TLS", "the handshake goes on");
  if (const auto unsent = flush(now)) return *unsent;
  return transport_.end_of_input() ? Outcome::kClose : Outcome::kAwaitInput;
}

Connection::Outcome Connection::converse(Now now, Thread thread, bool overdue) {
  const bool may_block = thread == Thread::kMayBlock;
  const std::uint64_t enough = transport_.out.consumed() + Transport::kWriteBudget;
  for (int turn = 0; turn < kTurns && transport_.out.consumed() < enough; ++turn) {
    if (const auto unsent = flush(now)) return *unsent;
    if (ending()) return finish();
    if (next_ == Protocol::Next::kBlock && !may_block) return Outcome::kBlock;
    if (next_ == Protocol::Next::kSwitch) switch_protocol();
    Protocol::Io io = this->io(now, thread);
    io.overdue = std::exchange(overdue, false);
    metrics::doing(metrics::Activity::kHandling);
    const Protocol::Step step = protocol_->on_input(io);
    next_ = step.next;
    if (!transport_.all_sent()) answered_ = true;
    if (may_block) now = Now::read();
    if (next_ == Protocol::Next::kContinue && transport_.all_sent()) {
      enter(step.phase, step.restart, now);
      return Outcome::kAwaitInput;
    }
  }
  if (const auto unsent = flush(now)) return *unsent;
  if (ending()) return finish();
  return Outcome::kAwaitOutput;  // There is more to do, but others have waited long enough.
}

bool Connection::ending() const {
  return next_ == Protocol::Next::kClose || next_ == Protocol::Next::kLinger;
}

Connection::Outcome Connection::last_words(Protocol::Trouble trouble, const Now& now) {
  protocol_->on_trouble(io(now), trouble);
  next_ = Protocol::Next::kLinger;
  return flush_and_finish(now);
}

Connection::Outcome Connection::flush_and_finish(const Now& now) {
  if (const auto unsent = flush(now)) return *unsent;
  return finish();
}

Connection::Outcome Connection::finish() {
  // Closing with unread input makes the kernel send a reset, which can destroy the answer on its way.
  const bool linger = next_ == Protocol::Next::kLinger || set_.options().linger || !transport_.empty();
  if (!linger || transport_.end_of_input() || !transport_.shut_down()) return Outcome::kClose;
  end_protocol();
  lingering_ = true;
  transport_.discard_input();
  enter(Phase::kLinger, true, Now::read());
  return Outcome::kAwaitInput;
}

std::optional<Connection::Outcome> Connection::flush(const Now& now) {
  const auto [state, progress] = transport_.all_sent() ? transport_.flush() : flush_measured(now);
  if (state == Transport::Flush::kBroken) return Outcome::kReset;
  const bool blocked = state == Transport::Flush::kBlocked;
  // A handshake has its one deadline, however slowly the client takes its part.
  if ((progress || blocked) && phase_ != Phase::kHandshake) enter(Phase::kSend, progress, now);
  if (blocked) return Outcome::kAwaitOutput;
  return std::nullopt;
}

Transport::Flushed Connection::flush_measured(const Now& now) {
  metrics::doing(metrics::Activity::kWriting);
  const TimePoint before = std::chrono::steady_clock::now();
  const Transport::Flushed flushed = transport_.flush();
  const TimePoint after = std::chrono::steady_clock::now();
  metrics::doing(metrics::Activity::kLooking);
  metrics::observe(metrics::Histogram::kWrite, after - before);
  if (std::exchange(answered_, false) && phase_ != Phase::kOpen) {  // Of what answers a request.
    metrics::observe(metrics::Histogram::kHandle, before - now.steady);
    metrics::observe(metrics::Histogram::kServe, after - ready_);
  }
  return flushed;
}

Protocol::Io Connection::io(const Now& now, Thread thread) {
  return {transport_.in, transport_.out, transport_.end_of_input(), now, thread == Thread::kMayBlock};
}

void Connection::enter(Phase phase, bool restart, const Now& now) {
  if (phase == phase_ && !restart) return;
  if (phase != phase_) {
    metrics::change(gauge_of(phase_), -1);
    metrics::change(gauge_of(phase), +1);
  }
  phase_ = phase;
  deadline_ = now.steady + set_.options().timeouts.of(phase);
}

// Scanners and clients of yesterday make this an everyday event: it is for those who look for it.
void Connection::report_tls_failure() const {
  metrics::count(metrics::Counter::kHandshakesFailed);
  static log::Throttle throttle(10);
  throttle.log(log::Level::kInfo, "TLS with {} failed: {}", SocketAddress::of_peer(transport_.fd()).host(),
               transport_.tls_failure());
}

}  // namespace pollux::net
