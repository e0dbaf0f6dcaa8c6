#include "castor/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "castor/worker.h"
#include "client/socket.h"

namespace pollux::castor {

using client::ErrorKind;
using client::ResponseParser;
using client::Stage;

namespace {

constexpr client::ResponseLimits kLimits{
    .headers = 256 * 1024, .header_fields = 1000, .body = std::numeric_limits<std::uint64_t>::max()};
constexpr Nanoseconds kClosingTime =
    1'000'000'000;  // For the server to end a connection that is to be ended.
constexpr Nanoseconds kAfterFailure = 10'000'000;

}  // namespace

Connection::Connection(Worker& worker, const Origin& origin, const net::SocketAddress* source, bool held)
    : worker_(worker),
      origin_(origin),
      source_(source),
      held_(held),
      capacity_(held ? 0 : static_cast<std::uint32_t>(worker.options().pipeline)),
      parser_(kLimits) {
  if (!held) slots_ = std::make_unique<Slot[]>(capacity_);
}

// --- Requests ------------------------------------------------------------------------------------------

bool Connection::has_room() const {
  return !held_ && state_ != State::kClosing && count_ < (worker_.options().keep_alive ? capacity_ : 1);
}

void Connection::take(const Slot& request) {
  slot(count_) = request;
  ++count_;
}

void Connection::go(Nanoseconds now) {
  if (state_ == State::kClosed) {
    open(now);
  } else if (state_ == State::kOpen) {
    flush_or_break(now);
  }
}

std::string_view Connection::octets_of(std::size_t index) const {
  return origin_.requests[(turn_ + index) % origin_.requests.size()];
}

// --- Opening -------------------------------------------------------------------------------------------

void Connection::open(Nanoseconds now) {
  ++opens_;
  since_ = now;
  served_ = 0;
  send_broken_ = wire_ended_ = remembered_ = false;
  restart();
  client::Connecting connecting = client::start_connecting(origin_.address, source_);
  if (!connecting.fd) {
    fail(Stage::kConnect, client::kind_of_errno(connecting.error), now);
    return;
  }
  fd_ = std::move(connecting.fd);
  state_ = State::kConnecting;
  worker_.connecting(1);
  if (!worker_.watch(fd_.get(), *this)) {
    fail(Stage::kConnect, ErrorKind::kSystem, now);
    return;
  }
  if (origin_.https && !start_tls()) {
    fail(Stage::kTls, ErrorKind::kInvalid, now);
    return;
  }
  // On this machine it is connected by now, as a rule; otherwise the send says EAGAIN, and an event comes.
  if (!held_ || tls_) on_writable(now);
}

bool Connection::start_tls() {
  try {
    tls_ = std::make_unique<tls::Session>(worker_.tls()->make_ssl(origin_.host), worker_.tls());
    // With few connections, buffers are kept between records: a tenth of a request's time against 34 KiB
    // each.
    if (worker_.few_connections()) SSL_clear_mode(&tls_->ssl(), SSL_MODE_RELEASE_BUFFERS);
    if (SSL_SESSION* session = worker_.known_session(origin_)) SSL_set_session(&tls_->ssl(), session);
    return tls_->begin() == tls::Session::Result::kOk;
  } catch (const tls::Error&) {
    return false;
  }
}

void Connection::on_writable(Nanoseconds now) {
  if (state_ == State::kConnecting && held_ && !tls_) {
    const int error = client::socket_error(fd_.get());
    if (error != 0) {
      fail(Stage::kConnect, client::kind_of_errno(error), now);
    } else {
      connected(now);
    }
    return;
  }
  flush_or_break(now);
}

void Connection::connected(Nanoseconds now) {
  worker_.connecting(-1);
  worker_.on_connected(worker_.clock() - since_, now);
  since_ = now;
  state_ = tls_ ? State::kHandshake : State::kOpen;
  if (!tls_ && held_) state_ = State::kHeld;
}

void Connection::established(Nanoseconds now) {
  worker_.on_handshake(now - since_, tls_->resumed(), now);
  state_ = held_ ? State::kHeld : State::kOpen;
}

// --- Receiving -----------------------------------------------------------------------------------------

void Connection::on_event(std::uint32_t events, Nanoseconds now) {
  if (state_ == State::kClosed) return;
  const std::uint32_t opens = opens_;
  const bool waits = state_ == State::kConnecting || written_ < count_ || (tls_ && !tls_->output().empty());
  if (waits && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) on_writable(now);
  if (opens_ != opens || state_ == State::kClosed) return;
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (ends || (events & EPOLLIN) != 0) receive(now, ends);
}

void Connection::receive(Nanoseconds now, bool until_the_end) {
  const std::uint32_t opens = opens_;
  while (opens_ == opens && state_ != State::kClosed) {
    // What is not whole lies in pending_; all else is parsed where it is read, in the worker's one buffer.
    Buffer& to = tls_ ? worker_.wire() : pending_.empty() ? worker_.plain() : pending_;
    const std::span<char> room = to.prepare(Worker::kReadAtOnce);
    const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) on_error(errno, now);
      return;
    }
    if (count == 0) {
      on_end(now);
      return;
    }
    to.commit(static_cast<std::size_t>(count));
    take_octets(to, now);
    // Edge-triggered: less than there was room for is all there was, and more will be an event again.
    if (static_cast<std::size_t>(count) < room.size() && !until_the_end) return;
  }
}

void Connection::take_octets(Buffer& read, Nanoseconds now) {
  if (!tls_) {
    parse(read, now);
    return;
  }
  const std::uint32_t opens = opens_;
  Buffer& plain = pending_.empty() ? worker_.plain() : pending_;
  if (!decrypt(read, plain, now)) {
    plain.consume(plain.size());
    return;
  }
  parse(plain, now);
  if (wire_ended_ && opens_ == opens && state_ != State::kClosed && state_ != State::kClosing) on_end(now);
}

bool Connection::decrypt(Buffer& wire, Buffer& plain, Nanoseconds now) {
  tls_->input().append(wire.readable());
  wire.consume(wire.size());
  const auto result = tls_->decrypt(plain);
  if (state_ == State::kHandshake && tls_->established()) established(now);
  wire_ended_ = result == tls::Session::Result::kEnd;
  if (result == tls::Session::Result::kOk || wire_ended_) {
    flush_or_break(now);
    return state_ != State::kClosed;
  }
  (void)flush(now);  // The alert.
  const bool handshake = state_ == State::kHandshake;
  const bool distrusted =
      handshake && SSL_get_verify_result(&tls_->ssl()) != X509_V_OK && !worker_.options().insecure;
  fail(handshake ? Stage::kTls : Stage::kReceive, distrusted ? ErrorKind::kCertificate : ErrorKind::kProtocol,
       now);
  return false;
}

void Connection::parse(Buffer& in, Nanoseconds now) {
  const std::uint32_t opens = opens_;
  while (!in.empty()) {
    if (count_ == 0 || state_ != State::kOpen) {  // Nobody asked for that.
      in.consume(in.size());
      if (state_ != State::kOpen) return;
      close_socket();
      closed(now);
      return;
    }
    if (!heard_) {
      heard_ = true;
      worker_.on_first_octet(slot(0), now);
    }
    const std::size_t before = in.size();
    const auto result = take_raw(in) ? ResponseParser::Result::kNeedMore : parser_.parse(in);
    worker_.on_wire(before - in.size(), slot(0));
    if (result == ResponseParser::Result::kNeedMore) break;
    if (result == ResponseParser::Result::kError) {
      in.consume(in.size());
      fail(Stage::kReceive, client::kind_of_fault(parser_.fault()), now);
      return;
    }
    complete(parser_.status(), now);
  }
  if (&in != &pending_ && !in.empty()) {
    pending_.append(in.readable());
    in.consume(in.size());
  }
  if (opens_ == opens && state_ == State::kOpen) worker_.pump(*this, now);
}

// HTTP/0.9 has no head: all octets are content. Most servers answer with a head nevertheless.
bool Connection::take_raw(Buffer& in) {
  if (worker_.options().version != HttpVersion::k09) return false;
  if (!raw_ && parser_.status() == 0 && !in.readable().starts_with("HTTP/1.")) raw_ = true;
  if (!raw_) return false;
  raw_octets_ += in.size();
  in.consume(in.size());
  return true;
}

void Connection::complete(int status, Nanoseconds now) {
  const bool early = written_ == 0;  // The request is not even sent whole.
  const bool keep = parser_.keep_alive() && worker_.options().keep_alive && !early && !send_broken_;
  const Slot answered = slot(0);
  const std::uint64_t octets = raw_ ? raw_octets_ : parser_.body_octets();
  first_ = (first_ + 1) % capacity_;
  --count_;
  ++turn_;
  ++served_;
  if (!early) --written_;
  worker_.finished(answered, status, octets, now);
  if (tls_ && !remembered_) {
    remembered_ = true;
    worker_.remember_session(origin_, tls_->ssl());
  }
  if (worker_.options().force) {
    close_socket();
    worker_.later(*this, now);  // Not from here: that would be a recursion without end.
    return;
  }
  if (keep) {
    restart();
  } else {
    state_ = State::kClosing;
    since_ = now;
  }
}

// Ready for the next answer.
void Connection::restart() {
  heard_ = raw_ = false;
  raw_octets_ = 0;
  parser_.start(worker_.head());
}

void Connection::on_end(Nanoseconds now) {
  const bool asked = count_ > 0;
  if (state_ == State::kHeld) {
    close_socket();
    worker_.lost();
    return;
  }
  if (state_ == State::kOpen && asked) {
    // Where the end of the connection ends the body, anybody could have cut a TLS connection short.
    const bool truncated = tls_ && !wire_ended_;
    const bool whole = raw_ || parser_.end_of_input() == ResponseParser::Result::kComplete;
    if (heard_ && whole && !truncated) {
      complete(raw_ ? 200 : parser_.status(), now);
    } else if (heard_ || served_ == 0 || slot(0).retried) {
      fail(Stage::kReceive, ErrorKind::kClosed, now);
      return;
    } else {
      slot(0).retried = true;
    }
  } else if (state_ == State::kConnecting || state_ == State::kHandshake) {
    fail(stage(), ErrorKind::kClosed, now);
    return;
  }
  close_socket();
  closed(now);
}

void Connection::on_error(int error, Nanoseconds now) {
  if (state_ == State::kHeld) {
    on_end(now);
  } else if (state_ == State::kClosing || (count_ == 0 && state_ == State::kOpen)) {
    close_socket();
    closed(now);
  } else {
    fail(stage(), client::kind_of_errno(error), now);
  }
}

Stage Connection::stage() const {
  if (state_ == State::kConnecting) return Stage::kConnect;
  if (state_ == State::kHandshake) return Stage::kTls;
  return written_ == 0 ? Stage::kSend : Stage::kReceive;
}

// --- The end -------------------------------------------------------------------------------------------

// The first request has failed, and those that were sent after it; the others get another connection.
void Connection::fail(Stage stage, ErrorKind kind, Nanoseconds now) {
  if (heard_) worker_.on_partial(slot(0), parser_.body_octets());
  if (held_) worker_.held_failed(stage, kind);
  const std::uint32_t failing = std::min(count_, std::max(written_, 1U));
  close_socket();
  for (std::uint32_t i = 0; i < failing; ++i) worker_.failed(slot(i), stage, kind, now);
  if (failing > 0) first_ = (first_ + failing) % capacity_;
  count_ -= failing;
  turn_ += failing;
  if (!held_) worker_.later(*this, now + kAfterFailure);
}

void Connection::close_socket() {
  if (state_ == State::kConnecting) worker_.connecting(-1);
  state_ = State::kClosed;
  fd_.reset();
  // OpenSSL takes a session for broken whose connection was not shut down, and would not resume it.
  if (tls_) SSL_set_shutdown(&tls_->ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  tls_.reset();
  if (pending_.capacity() != 0) {
    pending_.consume(pending_.size());
    pending_.release();
  }
  written_ = 0;
  offset_ = 0;
}

void Connection::closed(Nanoseconds now) {
  if (state_ != State::kClosed) return;
  if (count_ > 0) {
    open(now);
  } else {
    worker_.pump(*this, now);
  }
}

void Connection::check_time(Nanoseconds now) {
  if (state_ == State::kClosing && now - since_ > kClosingTime) {
    close_socket();
    closed(now);
    return;
  }
  const bool asked = count_ > 0 && state_ != State::kClosed && state_ != State::kClosing;
  const bool opening = state_ == State::kConnecting || state_ == State::kHandshake;
  const Nanoseconds since = asked ? slot(0).begun : since_;
  if ((asked || opening) && now - since > worker_.timeout()) fail(stage(), ErrorKind::kTimeout, now);
}

void Connection::abandon(Nanoseconds now) {
  for (std::uint32_t i = 0; i < count_; ++i) {
    worker_.failed(slot(i), stage(), ErrorKind::kTimeout, now);
  }
  count_ = 0;
  if (tls_ && fd_) {
    tls_->end();
    (void)flush(now);
  }
  close_socket();
}

}  // namespace pollux::castor
