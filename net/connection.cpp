#include "net/connection.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/metrics.h"
#include "net/connection_set.h"

namespace pollux::net {

namespace {

constexpr milliseconds kLookAgain{100};   // A deadline fired while the connection was lent.
constexpr milliseconds kWeighAgain{500};  // Its buffers are large; are they still too large?

}  // namespace

Connection::Connection(ConnectionSet& set, UniqueFd socket, Transport transport,
                       std::shared_ptr<const Terms> terms, std::unique_ptr<Protocol> protocol,
                       Admission::Place place)
    : set_(set),
      place_(std::move(place)),
      conversation_(set.conversation_options(), set.make_wire(std::move(socket), *this), *this,
                    std::move(transport), std::move(terms), std::move(protocol)),
      timer_([this](TimePoint now) { on_timer(now); }) {}

Connection::~Connection() { forget_waker(); }  // Other threads may have it for longer than we exist.

// Most clients send their first request together with the last segment of TCP's handshake. So the first read
// is tried at once, and the wire is armed only if there is something to wait for.
void Connection::start(const Now& now) {
  conversation_.begin(now.steady);
  (void)custody_.take(Custody::kReady);  // No other thread knows it yet.
  follow();
  const trace::Scope scope(following_.recording());
  trace::note("accept", "descriptor {}", conversation_.wire().fd());
  conversation_.receive(end_announced_);
  if (!conversation_.nothing_came()) return set_.dispatch(*this);
  set_.loop().timers().arm(timer_, conversation_.phase().deadline());
  trim_in_a_crowd();
  give_back(Interest::kInput);
}

// --- Events, on the loop -------------------------------------------------------------------------

void Connection::on_event(Wire::Event event) {
  if (!custody_.take(Custody::kReady)) return;
  end_announced_ = event.end;
  if (event.input && !merely_ends(event)) follow();
  const trace::Scope scope(following_.recording());
  conversation_.wire().trace_event(event);
  if (event.gone && conversation_.wire().interest() == Interest::kSilence) return retire(true);
  // Dripping octets must not outrun the timer.
  const PhaseClock& phase = conversation_.phase();
  if (phase.rule().absolute && set_.loop().now().steady >= phase.deadline()) return expire();
  if (set_.must_end()) return retire(true);
  set_.dispatch(*this);
}

void Connection::on_wake() {
  if (!custody_.take(Custody::kWoken)) return;
  end_announced_ = false;
  set_.dispatch(*this);
}

// An idle connection moves now, so that nothing old is kept for it; a busy one moves after its response.
// HTTP/2 cannot move, and is called to announce its end; while it has streams, it is called often enough
// anyway.
void Connection::on_retirement() {
  if (!custody_.take(Custody::kWoken)) return;
  if (retired() && conversation_.phase().phase() == Phase::kNoStreams) {
    end_announced_ = false;
    return set_.dispatch(*this);
  }
  if (retired() && conversation_.between_requests()) {
    try {
      conversation_.renew(set_.loop().now());
    } catch (const std::exception& error) {  // No memory: with the next request, perhaps.
      report_unexpected(error.what());
    }
  }
  // The wire is still armed, as no event was consumed. Nor can there be a mark: only the loop leaves marks.
  (void)custody_.let_go();
}

void Connection::on_timer(TimePoint now) {
  if (custody_.held()) return set_.loop().timers().arm(timer_, now + kLookAgain);
  if (now < conversation_.phase().deadline()) {
    conversation_.unmap();
    if (conversation_.idle()) conversation_.trim();
    if (conversation_.weighty() && custody_.take(Custody::kReady)) return weigh_again(now);
    return set_.loop().timers().arm(timer_, conversation_.phase().deadline());
  }
  if (custody_.take(Custody::kReady)) expire();
}

void Connection::weigh_again(TimePoint now) {
  // Another thread may have asked for room as its way to have the protocol run: weighing alone would lose
  // that.
  if (wants_room(conversation_.wire().interest())) {
    end_announced_ = false;
    return set_.dispatch(*this);
  }
  conversation_.set_ready(now);
  set_.loop().timers().arm(timer_, std::min(now + kWeighAgain, conversation_.phase().deadline()));
  hold_and([this](const Now& /*now*/) { return conversation_.waits_for(); });
}

void Connection::expire() {
  const TimePoint ready = set_.loop().now().steady;
  conversation_.set_ready(ready);
  set_.loop().timers().arm(timer_, ready + conversation_.terms().timeouts().shortest());
  hold_and([this](const Now& now) { return conversation_.expire(now); });
}

// --- The steps -----------------------------------------------------------------------------------

void Connection::receive() {
  if (!wants_input(conversation_.wire().interest()))
    return;  // Its responses come first; or start() has read.
  const trace::Scope scope(following_.recording());
  conversation_.receive(end_announced_);
}

void Connection::serve() {
  hold_and([this](const Now& now) { return conversation_.advance(now); });
}

void Connection::refuse() {
  hold_and([this](const Now& now) { return conversation_.refuse(now); });
}

// --- Holding -------------------------------------------------------------------------------------

template <class Work>
void Connection::hold_and(Work work) {
  using Outcome = Conversation::Outcome;
  const trace::Scope scope(following_.recording());
  Outcome outcome = Outcome::kReset;
  try {
    const Now now = set_.loop().clock().read();
    metrics::observe(metrics::Histogram::kQueueWait, now.steady - conversation_.ready_since());
    outcome = conversation_.weigh(work(now), now);
  } catch (const std::exception& error) {
    report_unexpected(error.what());
  } catch (...) {
    report_unexpected("unknown");
  }
  switch (outcome) {
    case Outcome::kAwaitInput: trim_in_a_crowd(); return give_back(Interest::kInput);
    case Outcome::kAwaitRoom: return give_back(Interest::kRoom);
    case Outcome::kAwaitBoth: return give_back(Interest::kBoth);
    case Outcome::kAwaitHandler:
    case Outcome::kHold: return give_back(Interest::kSilence);
    case Outcome::kClose: return retire(false);
    case Outcome::kReset: return retire(true);
  }
}

void Connection::trim_in_a_crowd() {
  if (set_.crowded() && conversation_.idle()) conversation_.trim();
}

void Connection::give_back(Interest interest) {
  if (!conversation_.wire().await(interest, false)) return retire(true);
  following_.pause(conversation_.all_sent(), false);
  while (const Custody::Marks marks = custody_.let_go()) {
    if ((marks & Custody::kWoken) != 0)
      interest = interest | Interest::kRoom;  // So that an event is certain to come.
    // Events from before we let go are consumed.
    if (!conversation_.wire().await(interest, true)) return retire(true);
  }
}

void Connection::retire(bool reset) {
  trace::note("close", "{}", reset ? "with a reset: what was not taken is forgotten" : "");
  following_.pause(true, true);
  conversation_.end(reset);
  set_.bury(*this);
}

// A client that closes asks for nothing. If it were followed, it would hold the order for "the next request"
// until a worker finds out.
bool Connection::merely_ends(const Wire::Event& event) const {
  if (!event.end || event.result > 0 || !trace::Tracer::armed()) return false;
  int octets = 0;
  return ::ioctl(conversation_.wire().fd(), FIONREAD, &octets) == 0 && octets == 0;
}

// A followed connection has a recording of its own for its next request.
void Connection::follow() {
  if (conversation_.worth_following()) following_.begin(*this);
}

std::shared_ptr<Waker> Connection::waker() {
  if (!waker_) waker_ = std::make_shared<Waker>(*this);
  return waker_;
}

bool Connection::is_certified_for(std::string_view host) const {
  return conversation_.is_certified_for(host);
}

std::string_view Connection::application_protocol() const { return conversation_.application_protocol(); }

std::string_view Connection::tls_version() const { return conversation_.tls_version(); }

std::string Connection::client() const {
  return client_ ? client_->host() : SocketAddress::of_peer(conversation_.wire().fd()).host();
}

// From here on the tracer may follow it, by the client's address.
bool Connection::stand_for(const SocketAddress& client) {
  client_ = std::make_unique<const SocketAddress>(client);
  if (!place_.move_to(client)) return false;
  following_.begin(*this);
  trace::go_on_with(following_.recording());
  return true;
}

void Connection::begin_tls(std::unique_ptr<tls::Session> session) {
  conversation_.begin_tls(std::move(session));
}

void Connection::forget_waker() {
  if (waker_) std::exchange(waker_, nullptr)->end();
}

}  // namespace pollux::net
