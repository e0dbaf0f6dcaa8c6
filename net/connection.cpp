#include "net/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <exception>

#include "log/throttle.h"
#include "net/connection_set.h"

namespace pollux::net {

namespace {

constexpr std::size_t kFirstRead = 2048;   // Room for a usual request, kept while the connection is busy.
constexpr std::size_t kSpill = 64 * 1024;  // Room on the stack for whatever comes beyond it.
constexpr std::size_t kReadBudget = 256 * 1024;          // Octets read for one event, edge-triggered.
constexpr std::uint64_t kWriteBudget = 2 * 1024 * 1024;  // Octets written before others get their turn.
constexpr milliseconds kLookAgain{100};                  // A deadline fired while the connection was lent.

void report_unexpected(const char* what) {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection is closed because of an unexpected error: {}", what);
}

}  // namespace

Connection::Connection(ConnectionSet& set, UniqueFd socket, std::unique_ptr<Protocol> protocol,
                       AddressLimit::Place place)
    : set_(set),
      place_(std::move(place)),
      socket_(std::move(socket)),
      protocol_(std::move(protocol)),
      channel_(socket_.get(), [this](std::uint32_t events) { on_event(events); }),
      timer_([this](TimePoint now) { on_timer(now); }) {}

Connection::~Connection() = default;

void Connection::start(const Now& now) {
  enter(Phase::kHeader, true, now);
  set_.loop().timers().arm(timer_, deadline_);
  interest_ = EPOLLIN | EPOLLRDHUP;
  set_.loop().add(channel_, interest_ | (set_.options().edge_triggered ? EPOLLET : 0U) |
                                (set_.options().oneshot ? EPOLLONESHOT : 0U));
}

// --- Holding -------------------------------------------------------------------------------------

bool Connection::take() {
  Hold before = Hold::kLoop;
  while (!hold_.compare_exchange_weak(before, before == Hold::kLoop ? Hold::kLent : Hold::kLentAndReady,
                                      std::memory_order_acquire)) {
  }
  return before == Hold::kLoop;
}

void Connection::give_back(std::uint32_t interest) {
  const ConnectionOptions& options = set_.options();
  if (!options.oneshot) {
    // An edge is reported once. Where a budget ended the work early, it has to be asked for again.
    const bool new_edge = options.edge_triggered && (interest == EPOLLOUT || input_left_);
    if (interest != interest_ || new_edge) {
      set_.loop().modify(channel_, interest | (options.edge_triggered ? EPOLLET : 0U));
    }
    interest_ = interest;
    hold_.store(Hold::kLoop, std::memory_order_release);
    return;
  }
  interest_ = interest;
  const std::uint32_t events = interest | EPOLLONESHOT | (options.edge_triggered ? EPOLLET : 0U);
  EventLoop& loop = set_.loop();
  loop.modify(channel_, events);
  Hold before = Hold::kLent;
  while (!hold_.compare_exchange_strong(before, Hold::kLoop, std::memory_order_release)) {
    hold_.store(Hold::kLent, std::memory_order_relaxed);  // The event came before we let go, and is used up.
    before = Hold::kLent;
    loop.modify(channel_, events);
  }
}

void Connection::retire(bool reset) {
  if (reset) {
    // Otherwise the kernel would keep the unsent octets for a client that does not take them.
    const linger now{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  protocol_->on_close(out_.consumed(), Now::read());
  socket_.reset();  // Leaves epoll with it: the descriptor has no duplicate.
  set_.retire(*this);
}

template <class Work>
void Connection::hold_and(Work work) {
  Outcome outcome = Outcome::kReset;
  try {
    outcome = work(Now::read());
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
    case Outcome::kClose: return retire(false);
    case Outcome::kReset: return retire(true);
  }
}

// --- Events, on the loop -------------------------------------------------------------------------

void Connection::on_event(std::uint32_t events) {
  if (!take()) return;
  end_announced_ = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  // These phases end at their deadline whatever comes in: octets that drip must not get ahead of the timer.
  const bool absolute = phase_ == Phase::kHeader || phase_ == Phase::kLinger;
  if (absolute && set_.loop().now().steady >= deadline_) return expire();
  set_.on_event(*this);
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
  if (phase_ == Phase::kSend) return retire(true);
  if (phase_ == Phase::kKeepAlive || phase_ == Phase::kLinger) return retire(false);
  set_.loop().timers().arm(timer_, set_.loop().now().steady + set_.options().timeouts.shortest());
  hold_and([this](const Now& now) {
    protocol_->on_deadline({in_, out_, end_of_input_, now});
    return send_last_words(now);
  });
}

bool Connection::idle() const {
  return out_.empty() && in_.empty() && (phase_ == Phase::kKeepAlive || phase_ == Phase::kHeader);
}

void Connection::trim() {
  in_.release();
  out_.release();
  protocol_->trim();
}

// --- The steps -----------------------------------------------------------------------------------

void Connection::receive() {
  if (interest_ == EPOLLOUT) return;  // Not asked for input: the answers come first.
  // Level-triggered, one read: epoll reports what is left again. Edge-triggered, until the socket is drained.
  // A short read says so (epoll(7)), except that the end of input may stand behind it: that edge is used up.
  const bool drain = set_.options().edge_triggered;
  const std::size_t budget = in_.size() + kReadBudget;
  try {
    do {
      const Read read = read_once();
      input_left_ = read == Read::kFilled || (read == Read::kShort && end_announced_);
    } while (drain && input_left_ && in_.size() < budget);
  } catch (const std::exception& error) {  // No memory for it. The loop that may be calling must go on.
    report_unexpected(error.what());
    failed_ = true;
  }
}

Connection::Read Connection::read_once() {
  std::array<char, kSpill> spill;
  const std::span<char> room = in_.prepare(kFirstRead);
  const std::array<iovec, 2> iov{{{room.data(), room.size()}, {spill.data(), spill.size()}}};
  ssize_t got = 0;
  do {
    got = ::readv(socket_.get(), iov.data(), iov.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    failed_ = errno != EAGAIN;
    return failed_ ? Read::kEnd : Read::kBlocked;
  }
  if (got == 0) {
    end_of_input_ = true;
    return Read::kEnd;
  }
  const auto octets = static_cast<std::size_t>(got);
  in_.commit(std::min(octets, room.size()));
  if (octets > room.size()) in_.append({spill.data(), octets - room.size()});
  return octets == room.size() + spill.size() ? Read::kFilled : Read::kShort;
}

void Connection::serve() {
  hold_and([this](const Now& now) { return advance(now); });
}

void Connection::refuse() {
  hold_and([this](const Now& now) {
    const bool nobody_asks = in_.empty() && end_of_input_;
    if (failed_ || lingering_ || nobody_asks) return Outcome::kClose;
    if (!out_.empty()) return Outcome::kAwaitOutput;  // In the midst of an answer: it is tried again.
    protocol_->on_overload({in_, out_, end_of_input_, now});
    return send_last_words(now);
  });
}

Connection::Outcome Connection::advance(const Now& now) {
  if (failed_) return Outcome::kClose;
  if (lingering_) {
    in_.consume(in_.size());
    return end_of_input_ ? Outcome::kClose : Outcome::kAwaitInput;
  }
  for (;;) {
    switch (flush(now)) {
      case Flush::kBlocked: return Outcome::kAwaitOutput;
      case Flush::kBroken: return Outcome::kReset;
      case Flush::kDone: break;
    }
    if (next_ != Protocol::Next::kContinue) return finish();
    const Protocol::Step step = protocol_->on_input({in_, out_, end_of_input_, now});
    next_ = step.next;
    if (next_ == Protocol::Next::kContinue && out_.empty()) {
      enter(step.phase, step.restart, now);
      return Outcome::kAwaitInput;
    }
  }
}

Connection::Outcome Connection::send_last_words(const Now& now) {
  next_ = Protocol::Next::kLinger;
  switch (flush(now)) {
    case Flush::kBlocked: return Outcome::kAwaitOutput;
    case Flush::kBroken: return Outcome::kReset;
    case Flush::kDone: break;
  }
  return finish();
}

Connection::Outcome Connection::finish() {
  // Closing with unread input makes the kernel send a reset, which can destroy the answer on its way.
  const bool linger = next_ == Protocol::Next::kLinger || set_.options().linger || !in_.empty();
  if (!linger || end_of_input_) return Outcome::kClose;
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return Outcome::kClose;
  lingering_ = true;
  in_.consume(in_.size());
  enter(Phase::kLinger, true, Now::read());
  return Outcome::kAwaitInput;
}

Connection::Flush Connection::flush(const Now& now) {
  const std::uint64_t stop = out_.consumed() + kWriteBudget;
  while (!out_.empty()) {
    std::array<iovec, 64> iov;
    const auto count = out_.gather(iov);
    if (!count) {
      static log::Throttle throttle(10);
      throttle.log(log::Level::kWarn, "a file changed while it was sent; its connection is closed short");
      return Flush::kBroken;
    }
    const ssize_t sent = ::writev(socket_.get(), iov.data(), static_cast<int>(*count));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN)
      return Flush::kBroken;  // EPIPE, ECONNRESET; EFAULT: a mapped file has shrunk.
    if (sent > 0) {
      out_.consume(static_cast<std::size_t>(sent));
      enter(Phase::kSend, true, now);
    }
    if (sent < 0 || (out_.consumed() >= stop && !out_.empty())) {
      enter(Phase::kSend, false, now);
      return Flush::kBlocked;
    }
  }
  return Flush::kDone;
}

void Connection::enter(Phase phase, bool restart, const Now& now) {
  if (phase == phase_ && !restart) return;
  phase_ = phase;
  deadline_ = now.steady + set_.options().timeouts.of(phase);
}

}  // namespace pollux::net
