#include "client/client_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "client/http1_exchange.h"
#include "client/http2_streams.h"
#include "client/socket.h"

namespace pollux::client {

namespace {

// The library's callers may fork, and their children hold duplicates of the sockets for a while.
constexpr net::EpollMode kMode{.edge_triggered = false, .oneshot = false, .raises_no_signal = true};

}  // namespace

ClientConnection::ClientConnection(ClientConnectionOwner& owner, net::EventLoop& loop,
                                   std::shared_ptr<const tls::ClientContext> context,
                                   const ClientOptions& options, const Url& url, bool shared)
    : owner_(owner),
      loop_(loop),
      context_(std::move(context)),
      options_(options),
      shared_(shared),
      url_(url),
      origin_(url.origin()),
      timer_([this](TimePoint) { on_deadline(); }) {}

// --- What the owner wants ------------------------------------------------------------------------------

void ClientConnection::open(ExchangePtr exchange) {
  addresses_ = std::move(exchange->addresses);
  add(std::move(exchange));
  connect_next(0);
}

// No memory: the connection and its exchanges end.
template <class Work>
void ClientConnection::guarded(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    send_broken_ = true;
    end_all(ErrorKind::kSystem, error.what());
  }
}

void ClientConnection::add(ExchangePtr exchange) {
  exchange->holder = this;
  loop_.timers().arm(exchange->timer, exchange->deadline);
  if (!protocol_) {
    waiting_.push_back(std::move(exchange));
    return;
  }
  if (std::exchange(idle_, false)) loop_.timers().cancel(timer_);
  guarded([&] {
    protocol_->add(std::move(exchange));
    settle();
  });
}

void ClientConnection::end(const Exchange& exchange, ErrorKind kind, const std::string& reason) {
  if (protocol_) {
    protocol_->end(exchange, kind, reason);
    return settle();
  }
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const ExchangePtr& other) { return other.get() == &exchange; });
  ExchangePtr ended = std::move(*found);
  waiting_.erase(found);
  failed(std::move(ended), {opening_stage(), kind, reason}, false);
  if (waiting_.empty()) close();  // It has no exchange left.
}

void ClientConnection::resume(const Exchange& exchange) {
  if (!protocol_) return;  // No part of it has paused.
  guarded([&] {
    protocol_->resume(exchange);
    settle();
  });
}

void ClientConnection::end_all(ErrorKind kind, const std::string& reason) {
  if (!protocol_) return fail_opening(kind, reason);
  protocol_->end_all(kind, reason);
  settle();
}

void ClientConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  loop_.timers().cancel(timer_);
  if (wire_) wire_->close(transport_);
  owner_.closed(*this);
}

// --- What the protocol says ----------------------------------------------------------------------------

void ClientConnection::completed(ExchangePtr exchange) {
  release(*exchange);
  owner_.completed(std::move(exchange));
}

void ClientConnection::failed(ExchangePtr exchange, Error error, bool stale) {
  release(*exchange);
  owner_.failed(std::move(exchange), std::move(error), stale);
}

void ClientConnection::returned(ExchangePtr exchange, Error why) {
  release(*exchange);
  owner_.returned(std::move(exchange), std::move(why));
}

void ClientConnection::release(Exchange& exchange) {
  loop_.timers().cancel(exchange.timer);
  exchange.holder = nullptr;
}

void ClientConnection::set_deadline(Exchange& exchange, milliseconds stage) {
  loop_.timers().arm(exchange.timer, std::min(loop_.now().steady + stage, exchange.deadline));
}

// --- Events --------------------------------------------------------------------------------------------

void ClientConnection::on_event(net::Wire::Event event) {
  if (state_ == State::kClosed) return;  // Closed earlier in the same batch.
  guarded([&] {
    if (state_ == State::kConnecting) {
      if (!on_connected()) return;
    } else if (event.room) {
      flush();
    }
    if (reads()) {
      receive(event.end);
    } else if (event.gone) {
      on_broken(ECONNRESET);
    }
    settle();
  });
}

void ClientConnection::on_deadline() {
  switch (state_) {
    case State::kConnecting: return connect_next(ETIMEDOUT);
    case State::kProxy:
    case State::kHandshake: return fail_opening(ErrorKind::kTimeout, "of this stage");
    default: return close();  // It has been idle for too long.
  }
}

void ClientConnection::set_own_deadline(milliseconds stage) {
  loop_.timers().arm(timer_, loop_.now().steady + stage);
}

// Called after each event: sends queued octets, and waits for more or ends.
void ClientConnection::settle() {
  if (state_ == State::kClosed) return;
  if (protocol_) {
    if (protocol_->has_output()) flush();
    if (shared_ && !protocol_->takes_more()) {
      shared_ = false;
      owner_.takes_no_more(*this, protocol_->one_at_a_time());
    }
    const ClientProtocol::Status status = protocol_->status();
    if (status == ClientProtocol::Status::kOver) return close();
    if (status == ClientProtocol::Status::kIdle && !idle_) rest();
  }
  if (state_ != State::kClosed) await();
}

void ClientConnection::rest() {
  if (send_broken_ || transport_.end_of_input() || !owner_.keeps(*this)) return close();
  idle_ = true;
  set_own_deadline(options_.idle_time);
}

// An idle connection holds no buffers.
void ClientConnection::await() {
  if (idle_ && transport_.empty()) transport_.release();
  transport_.trim();  // Otherwise a buffer filled by one read would make the next one larger, without end.
  const bool unsent = !transport_.all_sent() || (protocol_ && protocol_->has_output());
  const bool room = state_ == State::kConnecting || (!send_broken_ && unsent);
  const auto interest = (reads() ? net::Interest::kInput : net::Interest::kSilence) |
                        (room ? net::Interest::kRoom : net::Interest::kSilence);
  if (wire_->await(interest, false)) return;
  send_broken_ = true;
  end_all(ErrorKind::kSystem, "epoll takes no more descriptors");
}

// --- Opening -------------------------------------------------------------------------------------------

// Tries the next address, if there is one. `error`: that of the previous one.
void ClientConnection::connect_next(int error) {
  while (next_address_ < addresses_.size()) {
    Connecting connecting = start_connecting(addresses_[next_address_++]);
    error = connecting.error;
    if (!connecting.fd) continue;
    set_own_deadline(options_.timeouts.connect);
    wire_ = std::make_unique<net::EpollWire>(loop_, kMode, std::move(connecting.fd), *this);
    return await();
  }
  fail_opening(kind_of_errno(error), std::strerror(error));
}

bool ClientConnection::on_connected() {
  const int error = socket_error(wire_->fd());
  if (error != 0) {
    connect_next(error);  // The event was for the previous address.
    return false;
  }
  if (url_.https && !options_.proxy.empty()) {
    start_tunnel();
    return true;
  }
  if (url_.https) return start_tls();
  start_protocol(options_.http2_plain);
  return true;
}

void ClientConnection::start_tunnel() {
  state_ = State::kProxy;
  set_own_deadline(options_.timeouts.connect);
  tunnel_ = std::make_unique<ProxyTunnel>(url_, options_.proxy_authorization, options_.limits);
  transport_.out().append(tunnel_->request());
  flush();
}

bool ClientConnection::start_tls() {
  state_ = State::kHandshake;
  set_own_deadline(options_.timeouts.tls);
  try {
    transport_.begin_tls(std::make_unique<tls::Session>(context_->make_ssl(url_.host), context_));
  } catch (const tls::Error& error) {
    fail_opening(ErrorKind::kInvalid, error.what());
    return false;
  }
  flush();
  return true;
}

void ClientConnection::start_protocol(bool http2) {
  state_ = State::kOpen;
  loop_.timers().cancel(timer_);
  ClientProtocol::Listener& listener = *this;
  if (http2) {
    protocol_ = std::make_unique<Http2Streams>(listener, options_.timeouts, options_.limits);
  } else {
    protocol_ = std::make_unique<Http1Exchange>(listener, options_.timeouts, options_.limits);
  }
  for (ExchangePtr& exchange : std::exchange(waiting_, {})) {
    if (protocol_->takes_more()) {
      protocol_->add(std::move(exchange));
    } else {
      returned(std::move(exchange), {Stage::kConnect, ErrorKind::kRefused, "the server takes one at a time"});
    }
  }
  flush();
}

void ClientConnection::fail_opening(ErrorKind kind, const std::string& reason) {
  fail_opening({opening_stage(), kind, reason});
}

void ClientConnection::fail_opening(const Error& error) {
  for (ExchangePtr& exchange : std::exchange(waiting_, {})) failed(std::move(exchange), error, false);
  close();
}

Stage ClientConnection::opening_stage() const {
  switch (state_) {
    case State::kConnecting: return Stage::kConnect;
    case State::kProxy: return Stage::kProxy;
    default: return Stage::kTls;
  }
}

// --- Octets --------------------------------------------------------------------------------------------

// A send that fails is not the end: receive() finds the response, or the reason for its absence.
void ClientConnection::flush() {
  if (send_broken_) return;
  if (protocol_ && protocol_->has_output()) protocol_->send(transport_.out());
  const net::Wire::Flush flushed = wire_->flush(transport_).state;
  send_broken_ = flushed == net::Wire::Flush::kBroken;
  if (protocol_ && flushed == net::Wire::Flush::kDone) protocol_->on_all_sent();
}

void ClientConnection::receive(bool end) {
  using Security = net::Transport::Security;
  wire_->receive(transport_, end);
  if (transport_.failed()) return on_broken(transport_.error());
  if (state_ == State::kProxy) return receive_from_proxy();
  const Security security = transport_.decrypt();
  if (state_ == State::kHandshake && transport_.ready()) {
    start_protocol(transport_.application_protocol() == "h2");
  }
  if (transport_.tls() != nullptr) flush();  // The handshake's next flight, or an alert.
  if (security == Security::kNotTls || security == Security::kBroken) return on_tls_failure(security);
  if (protocol_) protocol_->receive(transport_.in());
  if (transport_.end_of_input()) end_of_input();
}

void ClientConnection::receive_from_proxy() {
  switch (tunnel_->parse(transport_.in())) {
    case ProxyTunnel::Result::kNeedMore:
      if (transport_.end_of_input()) fail_opening(ErrorKind::kClosed, "the proxy ended it");
      return;
    case ProxyTunnel::Result::kRefused: return fail_opening(tunnel_->error());
    case ProxyTunnel::Result::kOpen: break;
  }
  tunnel_.reset();
  if (!transport_.all_sent()) return fail_opening(ErrorKind::kProtocol, "it answers before it was asked");
  (void)start_tls();
}

// If the end of the connection is the end of a body, an attacker could have cut a TLS connection short.
void ClientConnection::end_of_input() {
  if (!protocol_) return fail_opening(ErrorKind::kClosed, "the server ended it");
  protocol_->end_of_input(transport_.tls() != nullptr && !transport_.end_was_said());
}

void ClientConnection::on_broken(int error) {
  send_broken_ = true;
  end_all(kind_of_errno(error), std::strerror(error));
}

void ClientConnection::on_tls_failure(net::Transport::Security security) {
  const long verified = SSL_get_verify_result(&transport_.tls()->ssl());
  if (security == net::Transport::Security::kNotTls) {
    end_all(ErrorKind::kProtocol, "the server does not speak TLS");
  } else if (!protocol_ && verified != X509_V_OK) {
    end_all(ErrorKind::kCertificate, X509_verify_cert_error_string(verified));
  } else {
    end_all(ErrorKind::kProtocol, std::string(transport_.tls_failure()));
  }
}

}  // namespace pollux::client
