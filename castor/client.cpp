#include "castor/client.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/socket.h"

namespace pollux::castor {

using client::ErrorKind;
using client::Stage;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr milliseconds kClosingTime{100};  // For the server to end a connection as it has announced.
constexpr milliseconds kAfterFailure{10};

}  // namespace

Client::Client(Surroundings& surroundings, Schedule::ClientId id, const Origin& origin,
               const net::SocketAddress* source, bool held)
    : surroundings_(surroundings),
      origin_(origin),
      source_(source),
      id_(id),
      held_(held),
      pipeline_(origin.requests, held ? 0 : surroundings.options.pipeline),
      reader_(surroundings.options) {}

// --- Requests ------------------------------------------------------------------------------------------

bool Client::has_room() const {
  if (held_ || state_ == State::kClosing) return false;
  return pipeline_.size() < (surroundings_.options.keep_alive ? pipeline_.capacity() : 1);
}

void Client::take_requests(TimePoint now) {
  bool any = false;
  while (has_room()) {
    const auto request = surroundings_.schedule.next(now);
    if (!request) {
      surroundings_.schedule.wait_for_request(id_);
      break;
    }
    pipeline_.push(*request);
    any = true;
  }
  if (any) go(now);
}

void Client::on_due(TimePoint now) {
  if (!has_room()) return;
  const auto request = surroundings_.schedule.next(now);
  if (!request) return;
  surroundings_.accounting.on_sent_late(*request, now);
  pipeline_.push(*request);
  if (has_room()) surroundings_.schedule.wait_for_request(id_);
  go(now);
}

void Client::go(TimePoint now) {
  if (state_ == State::kClosed) {
    open(now);
  } else if (state_ == State::kOpen) {
    flush_or_break(now);
  }
}

void Client::on_turn(TimePoint now) {
  if (!held_) {
    go_on(now);
  } else if (!surroundings_.schedule.over()) {
    open(now);
  }
}

// --- Opening -------------------------------------------------------------------------------------------

void Client::open(TimePoint now) {
  ++opens_;
  since_ = now;
  served_ = 0;
  send_broken_ = wire_ended_ = false;
  reader_.start();
  client::Connecting connecting = client::start_connecting(origin_.address, source_);
  if (!connecting.fd) {
    fail(Stage::kConnect, client::kind_of_errno(connecting.error), now);
    return;
  }
  fd_ = std::move(connecting.fd);
  state_ = State::kConnecting;
  surroundings_.schedule.connecting(1);
  if (!surroundings_.loop.watch(fd_.get(), *this)) {
    fail(Stage::kConnect, ErrorKind::kSystem, now);
    return;
  }
  if (origin_.https) {
    tls_ = surroundings_.tls.begin(origin_);
    if (!tls_) {
      fail(Stage::kTls, ErrorKind::kInvalid, now);
      return;
    }
  }
  // On this machine it is connected by now, as a rule; otherwise the send says EAGAIN, and an event comes.
  if (!held_ || tls_) on_writable(now);
}

void Client::on_writable(TimePoint now) {
  const bool sends_nothing = held_ && !tls_;
  if (state_ != State::kConnecting || !sends_nothing) {
    flush_or_break(now);
  } else if (const int error = client::socket_error(fd_.get()); error != 0) {
    fail(Stage::kConnect, client::kind_of_errno(error), now);
  } else {
    on_connected(now);
  }
}

void Client::on_connected(TimePoint now) {
  surroundings_.schedule.connecting(-1);
  surroundings_.accounting.on_connected(surroundings_.loop.clock() - since_, now);
  since_ = now;
  state_ = tls_ ? State::kHandshake : held_ ? State::kHeld : State::kOpen;
}

void Client::on_established(TimePoint now) {
  surroundings_.accounting.on_handshake(now - since_, tls_->resumed(), now);
  state_ = held_ ? State::kHeld : State::kOpen;
}

// --- Receiving -----------------------------------------------------------------------------------------

void Client::on_event(std::uint32_t events, TimePoint now) {
  if (state_ == State::kClosed) return;
  const std::uint32_t opens = opens_;
  const bool waits =
      state_ == State::kConnecting || !pipeline_.all_sent() || (tls_ && !tls_->output().empty());
  if (waits && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) on_writable(now);
  if (!is_same_connection(opens)) return;
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (ends || (events & EPOLLIN) != 0) receive(now, ends);
}

void Client::receive(TimePoint now, bool until_the_end) {
  const std::uint32_t opens = opens_;
  while (is_same_connection(opens)) {
    // The rest of an incomplete line lies in pending_; all else is parsed where it is read, in the thread's
    // one buffer.
    Buffer& to = tls_ ? surroundings_.wire : pending_.empty() ? surroundings_.plain : pending_;
    const std::span<char> room = to.prepare(kReadAtOnce);
    const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) on_broken(stage(), client::kind_of_errno(errno), now);
      return;
    }
    if (count == 0) {
      on_end(now);
      return;
    }
    to.commit(static_cast<std::size_t>(count));
    take_octets(to, now);
    // Edge-triggered: a short read has drained the socket, and more will be an event again.
    if (static_cast<std::size_t>(count) < room.size() && !until_the_end) return;
  }
}

void Client::take_octets(Buffer& read, TimePoint now) {
  if (!tls_) {
    parse(read, now);
    return;
  }
  const std::uint32_t opens = opens_;
  Buffer& plain = pending_.empty() ? surroundings_.plain : pending_;
  if (!decrypt(read, plain, now)) {
    plain.consume(plain.size());
    return;
  }
  parse(plain, now);
  if (wire_ended_ && is_same_connection(opens) && state_ != State::kClosing) on_end(now);
}

bool Client::decrypt(Buffer& wire, Buffer& plain, TimePoint now) {
  tls_->input().append(wire.readable());
  wire.consume(wire.size());
  const auto result = tls_->decrypt(plain);
  if (state_ == State::kHandshake && tls_->established()) on_established(now);
  wire_ended_ = result == tls::Session::Result::kEnd;
  if (result == tls::Session::Result::kOk || wire_ended_) {
    flush_or_break(now);
    return state_ != State::kClosed;
  }
  (void)flush(now);  // The alert.
  const bool handshake = state_ == State::kHandshake;
  const bool distrusted =
      handshake && SSL_get_verify_result(&tls_->ssl()) != X509_V_OK && !surroundings_.options.insecure;
  on_broken(handshake ? Stage::kTls : Stage::kReceive,
            distrusted ? ErrorKind::kCertificate : ErrorKind::kProtocol, now);
  return false;
}

void Client::parse(Buffer& in, TimePoint now) {
  const std::uint32_t opens = opens_;
  while (!in.empty()) {
    if (pipeline_.empty() || state_ != State::kOpen) {
      on_unasked(in, now);
      return;
    }
    const PendingRequest& request = pipeline_.front();
    if (!reader_.begun()) surroundings_.accounting.on_first_octet(request, now);
    const std::size_t before = in.size();
    const auto result = reader_.read(in);
    surroundings_.accounting.on_wire(request, before - in.size());
    if (result == ResponseReader::Result::kNeedMore) break;
    // More octets than were announced, or content where there must be none.
    const bool too_long =
        result == ResponseReader::Result::kComplete && !in.empty() && pipeline_.sent_whole() <= 1;
    if (too_long || result == ResponseReader::Result::kError) {
      in.consume(in.size());
      fail(Stage::kReceive, too_long ? ErrorKind::kProtocol : client::kind_of_fault(reader_.fault()), now);
      return;
    }
    complete(now);
  }
  if (&in != &pending_ && !in.empty()) {
    pending_.append(in.readable());
    in.consume(in.size());
  }
  if (opens_ == opens && state_ == State::kOpen) take_requests(now);
}

// Octets that answer no request: of a response after the last, or of any sort on an idle connection.
void Client::on_unasked(Buffer& in, TimePoint now) {
  in.consume(in.size());
  if (state_ != State::kOpen) return;
  close_socket();
  go_on(now);
}

// The response to the first request is whole; with -f, the request was sent.
void Client::complete(TimePoint now) {
  const bool early = pipeline_.sent_whole() == 0;  // The request is not even sent whole.
  const bool end_announced = !reader_.keep_alive();
  const bool keep = !end_announced && surroundings_.options.keep_alive && !early && !send_broken_;
  surroundings_.schedule.settled();
  surroundings_.accounting.finished(pipeline_.pop(), reader_.status(), reader_.octets(), now);
  if (tls_ && served_ == 0) surroundings_.tls.remember(origin_, *tls_);
  ++served_;
  reader_.start();
  if (keep) return;
  state_ = State::kClosing;
  since_ = now;
  if (end_announced && !surroundings_.options.force) return;
  end_connection(now);
  surroundings_.schedule.later(id_, now);  // Not from here: that would be a recursion without end.
}

// Whether the end of the connection is that of the response, too.
bool Client::ends_response() {
  const std::size_t before = pending_.size();
  const auto result = reader_.end_of_input(pending_);
  surroundings_.accounting.on_wire(pipeline_.front(), before - pending_.size());
  return result == ResponseReader::Result::kComplete;
}

void Client::on_end(TimePoint now) {
  if (state_ == State::kHeld) {
    close_socket();
    surroundings_.accounting.held_lost();
    return;
  }
  if (state_ == State::kConnecting || state_ == State::kHandshake) {
    fail(stage(), ErrorKind::kClosed, now);
    return;
  }
  if (state_ == State::kOpen && !pipeline_.empty()) {
    // If the end of the connection ends the body, anybody could have cut a TLS connection short. A request
    // that a kept connection has not seen is sent again, as the first of a new one; there it fails for good.
    const bool truncated = tls_ && !wire_ended_;
    if (!truncated && reader_.begun() && ends_response()) {
      complete(now);
    } else if (reader_.begun() || served_ == 0) {
      fail(Stage::kReceive, ErrorKind::kClosed, now);
      return;
    }
  }
  close_socket();
  go_on(now);
}

// A broken connection costs the requests that it carries, if any.
void Client::on_broken(Stage stage, ErrorKind kind, TimePoint now) {
  if (state_ == State::kHeld) {
    on_end(now);
  } else if (state_ == State::kClosing || (pipeline_.empty() && state_ == State::kOpen)) {
    close_socket();
    go_on(now);
  } else {
    fail(stage, kind, now);
  }
}

Stage Client::stage() const {
  if (state_ == State::kConnecting) return Stage::kConnect;
  if (state_ == State::kHandshake) return Stage::kTls;
  return pipeline_.sent_whole() == 0 ? Stage::kSend : Stage::kReceive;
}

// --- The end -------------------------------------------------------------------------------------------

// The first request has failed, and those that were sent after it; the others get another connection.
void Client::fail(Stage stage, ErrorKind kind, TimePoint now) {
  if (held_) surroundings_.accounting.held_failed(stage, kind);
  const std::size_t failing = std::min(pipeline_.size(), std::max<std::size_t>(pipeline_.sent_whole(), 1));
  std::uint64_t octets = octets_so_far();
  close_socket();
  for (std::size_t i = 0; i < failing; ++i) {
    surroundings_.schedule.settled();
    surroundings_.accounting.failed(pipeline_.pop(), stage, kind, std::exchange(octets, 0), now);
  }
  if (!held_) surroundings_.schedule.later(id_, now + kAfterFailure);
}

void Client::end_connection(TimePoint now) {
  if (tls_ && fd_) {
    tls_->end();
    (void)flush(now);
  }
  close_socket();
}

void Client::close_socket() {
  if (state_ == State::kConnecting) surroundings_.schedule.connecting(-1);
  state_ = State::kClosed;
  fd_.reset();
  // OpenSSL takes a session for broken whose connection was not shut down, and would not resume it.
  if (tls_) SSL_set_shutdown(&tls_->ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  tls_.reset();
  if (pending_.capacity() != 0) {
    pending_.consume(pending_.size());
    pending_.release();
  }
  pipeline_.rewind();
}

// The connection is closed: opens another for the requests that are left, or for the next.
void Client::go_on(TimePoint now) {
  if (state_ != State::kClosed) return;
  if (pipeline_.empty()) {
    take_requests(now);
  } else {
    open(now);
  }
}

void Client::check_time(TimePoint now) {
  if (state_ == State::kClosing && now - since_ > kClosingTime) {
    end_connection(now);
    go_on(now);
    return;
  }
  const bool opening = state_ == State::kConnecting || state_ == State::kHandshake;
  const bool asked = !pipeline_.empty() && (opening || state_ == State::kOpen);
  const TimePoint since = asked ? pipeline_.front().begun : since_;
  if ((asked || opening) && now - since > surroundings_.options.timeout) {
    fail(stage(), ErrorKind::kTimeout, now);
  }
}

void Client::abandon(TimePoint now) {
  const Stage at = stage();
  std::uint64_t octets = octets_so_far();
  while (!pipeline_.empty()) {
    surroundings_.schedule.settled();
    surroundings_.accounting.failed(pipeline_.pop(), at, ErrorKind::kTimeout, std::exchange(octets, 0), now);
  }
  end_connection(now);
}

}  // namespace pollux::castor
