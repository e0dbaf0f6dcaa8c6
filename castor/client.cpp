#include "castor/client.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "castor/unix_socket.h"
#include "client/socket.h"

namespace pollux::castor {

using client::ErrorKind;
using client::Stage;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr milliseconds kClosingTime{100};  // For the server to end a connection after its announcement.
constexpr milliseconds kAfterFailure{10};
constexpr milliseconds kWhileFull{1};  // Between two looks at a full backlog.

}  // namespace

Client::Client(Surroundings& surroundings, Schedule::ClientId id, RequestPicker& picker,
               const net::SocketAddress* source, bool held)
    : surroundings_(surroundings),
      origin_(picker.origin()),
      source_(source),
      id_(id),
      held_(held),
      requester_(make_requester({surroundings.options, surroundings.schedule, surroundings.accounting},
                                picker, held)) {}

// --- Requests ------------------------------------------------------------------------------------------

bool Client::has_room() const {
  if (held_ || state_ == State::kClosing) return false;
  return requester_->has_room();
}

void Client::take_requests(TimePoint now) {
  bool any = false;
  while (has_room()) {
    const auto request = surroundings_.schedule.next(now);
    if (!request) {
      surroundings_.schedule.wait_for_request(id_);
      break;
    }
    requester_->push(*request, now);
    any = true;
  }
  // A new response may need another send.
  if (any || (state_ == State::kOpen && !requester_->all_sent())) go(now);
}

void Client::on_due(TimePoint now) {
  if (!has_room()) return;
  const auto request = surroundings_.schedule.next(now);
  if (!request) return;
  surroundings_.accounting.on_sent_late(*request, now);
  requester_->push(*request, now);
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
  send_broken_ = wire_ended_ = false;
  requester_->opened(now);
  const bool is_unix = !origin_.unix_path.empty();
  client::Connecting connecting =
      is_unix ? connect_unix(origin_.unix_path) : client::start_connecting(origin_.address, source_);
  if (!connecting.fd && is_unix && connecting.error == EAGAIN) {
    open_later(now);
    return;
  }
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
  // On this machine it is usually connected by now; otherwise the send returns EAGAIN, and an event comes.
  if (!held_ || tls_) on_writable(now);
}

// The backlog of the Unix socket is full: tries again until the request's time is up.
void Client::open_later(TimePoint now) {
  requester_->closed();
  if (!requester_->empty() && now - requester_->oldest() > surroundings_.options.timeout) {
    fail(Stage::kConnect, ErrorKind::kTimeout, now);
  } else {
    surroundings_.schedule.later(id_, now + kWhileFull);
  }
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
  if (!begins_held_tls()) surroundings_.schedule.connecting(-1);
  surroundings_.accounting.on_connected(surroundings_.loop.clock() - since_, now);
  since_ = now;
  state_ = tls_ ? State::kHandshake : held_ ? State::kHeld : State::kOpen;
}

void Client::on_established(TimePoint now) {
  if (surroundings_.options.version == HttpVersion::k2 && tls_->application_protocol() != "h2") {
    fail(Stage::kTls, ErrorKind::kNotAgreed, now);
    return;
  }
  if (begins_held_tls()) surroundings_.schedule.connecting(-1);
  surroundings_.accounting.on_handshake(now - since_, tls_->resumed(), now);
  state_ = held_ ? State::kHeld : State::kOpen;
}

// --- Receiving -----------------------------------------------------------------------------------------

void Client::on_event(std::uint32_t events, TimePoint now) {
  if (state_ == State::kClosed) return;
  const std::uint32_t opens = opens_;
  const bool waits =
      state_ == State::kConnecting || !requester_->all_sent() || (tls_ && !tls_->output().empty());
  if (waits && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) on_writable(now);
  if (!is_same_connection(opens)) return;
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (ends || (events & EPOLLIN) != 0) receive(now, ends);
}

void Client::receive(TimePoint now, bool until_the_end) {
  const std::uint32_t opens = opens_;
  while (is_same_connection(opens)) {
    // The rest of an incomplete line is in pending_; everything else is parsed in place, in the thread's one
    // buffer.
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
    // Edge-triggered: a short read has drained the socket, and new octets will cause another event.
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
  wire_ended_ = result == tls::Session::Result::kEnd;
  if (state_ == State::kHandshake && tls_->established()) {
    on_established(now);
    if (state_ == State::kClosed) return false;
  }
  if (result == tls::Session::Result::kOk || wire_ended_) {
    flush_or_break(now);
    return state_ != State::kClosed;
  }
  (void)flush(now);  // The alert.
  const bool handshake = state_ == State::kHandshake;
  const bool distrusted =
      handshake && SSL_get_verify_result(&tls_->ssl()) != X509_V_OK && !surroundings_.options.insecure;
  // The protocol of a server that ignores our offer (RFC 7301 3.2).
  const bool not_agreed =
      handshake && tls_->reason().find("no application protocol") != std::string_view::npos;
  on_broken(handshake ? Stage::kTls : Stage::kReceive,
            distrusted   ? ErrorKind::kCertificate
            : not_agreed ? ErrorKind::kNotAgreed
                         : ErrorKind::kProtocol,
            now);
  return false;
}

void Client::parse(Buffer& in, TimePoint now) {
  Requester::Step step;
  if (state_ == State::kOpen) step = requester_->read(in, now);
  if (state_ != State::kOpen || step.next != Requester::Next::kGoOn) in.consume(in.size());
  if (&in != &pending_ && !in.empty()) {
    pending_.append(in.readable());
    in.consume(in.size());
  }
  if (state_ == State::kOpen) proceed(step, now);
}

void Client::proceed(const Requester::Step& step, TimePoint now) {
  switch (step.next) {
    case Requester::Next::kGoOn: return take_requests(now);
    case Requester::Next::kFailed: return fail(step.stage, step.kind, now);
    case Requester::Next::kReopen: close_socket(); return go_on(now);
    case Requester::Next::kAwaitEnd:
    case Requester::Next::kEnd: break;
  }
  state_ = State::kClosing;
  since_ = now;
  if (step.next == Requester::Next::kAwaitEnd) return;
  end_connection(now);
  surroundings_.schedule.later(id_, now);  // Not from here, which would be an endless recursion.
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
  if (state_ == State::kOpen && !requester_->empty()) {
    proceed(requester_->end_of_input(pending_, tls_ && !wire_ended_, now), now);
    return;
  }
  close_socket();
  go_on(now);
}

// A broken connection costs the requests that it carries, if any.
void Client::on_broken(Stage stage, ErrorKind kind, TimePoint now) {
  if (state_ == State::kHeld) {
    on_end(now);
  } else if (state_ == State::kClosing || (requester_->empty() && state_ == State::kOpen)) {
    close_socket();
    go_on(now);
  } else {
    fail(stage, kind, now);
  }
}

Stage Client::stage() const {
  if (state_ == State::kConnecting) return Stage::kConnect;
  if (state_ == State::kHandshake) return Stage::kTls;
  return requester_->stage();
}

// --- The end -------------------------------------------------------------------------------------------

void Client::fail(Stage stage, ErrorKind kind, TimePoint now) {
  if (held_) surroundings_.accounting.held_failed(stage, kind);
  requester_->fail(stage, kind, now);
  close_socket();
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
  if (state_ == State::kConnecting || (state_ == State::kHandshake && begins_held_tls()))
    surroundings_.schedule.connecting(-1);
  state_ = State::kClosed;
  fd_.reset();
  if (tls_ && requester_->served()) surroundings_.tls.remember(origin_, *tls_);
  // OpenSSL considers a session broken if its connection was not shut down, and would not resume it.
  if (tls_) SSL_set_shutdown(&tls_->ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  tls_.reset();
  if (pending_.capacity() != 0) {
    pending_.consume(pending_.size());
    pending_.release();
  }
  requester_->closed();
}

// The connection is closed: opens another one for the remaining requests, or for the next one.
void Client::go_on(TimePoint now) {
  if (state_ != State::kClosed) return;
  if (requester_->empty()) {
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
  if (state_ == State::kOpen) {
    if (!requester_->empty()) proceed(requester_->check_time(now), now);
    return;
  }
  if (state_ != State::kConnecting && state_ != State::kHandshake) return;
  const TimePoint since = requester_->empty() ? since_ : requester_->oldest();
  if (now - since > surroundings_.options.timeout) fail(stage(), ErrorKind::kTimeout, now);
}

void Client::abandon(TimePoint now) {
  requester_->abandon(stage(), now);
  end_connection(now);
}

}  // namespace pollux::castor
