#include "client/client_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "client/socket.h"

namespace pollux::client {

namespace {

// The library's callers may fork, and their children hold duplicates of the sockets for a while.
constexpr net::EpollMode kMode{.edge_triggered = false, .oneshot = false, .has_duplicates = true};

}  // namespace

ClientConnection::ClientConnection(ClientConnectionOwner& owner, net::EventLoop& loop,
                                   std::shared_ptr<const tls::ClientContext> context,
                                   const Timeouts& timeouts, const ResponseLimits& limits)
    : owner_(owner),
      loop_(loop),
      context_(std::move(context)),
      timeouts_(timeouts),
      timer_([this](TimePoint now) { on_deadline(now); }),
      parser_(limits) {}

// --- What the owner wants ----------------------------------------------------------------------------

void ClientConnection::open(ExchangePtr exchange) {
  exchange_ = std::move(exchange);
  exchange_->connection = this;
  origin_ = exchange_->url.origin();
  connect(std::move(exchange_->socket));
}

void ClientConnection::use(ExchangePtr exchange) {
  exchange_ = std::move(exchange);
  exchange_->connection = this;
  used_before_ = true;
  start_request();
  await();
}

void ClientConnection::keep(milliseconds time) {
  state_ = State::kIdle;
  loop_.timers().arm(timer_, loop_.now().steady + time);
  await();
}

void ClientConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  loop_.timers().cancel(timer_);
  wire_->close(transport_);
  owner_.bury(*this);
}

void ClientConnection::cancel(const char* reason) {
  if (exchange_) {
    fail(stage(), ErrorKind::kCancelled, reason);
  } else if (state_ == State::kIdle) {
    end_idle();
  }
}

// It carries nothing, so nobody else learns of it.
void ClientConnection::end_idle() {
  owner_.idle_ended(*this);
  close();
}

// --- Events ------------------------------------------------------------------------------------------

void ClientConnection::on_event(net::Wire::Event event) {
  if (state_ == State::kClosed) return;  // In the same batch.
  try {
    if (state_ == State::kConnecting) {
      if (!on_connected()) return;
    } else if (event.room) {
      flush();
    }
    receive(event.end);
    if (state_ != State::kClosed) await();
  } catch (const std::exception& error) {  // No memory: it costs one request.
    if (exchange_) fail(Stage::kReceive, ErrorKind::kSystem, error.what());
  }
}

void ClientConnection::on_deadline(TimePoint now) {
  if (state_ == State::kIdle) {
    end_idle();
    return;
  }
  if (!exchange_) return;
  if (state_ == State::kConnecting && now < exchange_->deadline && exchange_->addresses.size() > 1) {
    connect_next(ETIMEDOUT);
    return;
  }
  fail(stage(), ErrorKind::kTimeout, now >= exchange_->deadline ? "in all" : "of this stage");
}

void ClientConnection::set_deadline(milliseconds stage) {
  loop_.timers().arm(timer_, std::min(loop_.now().steady + stage, exchange_->deadline));
}

// An idle connection holds no buffers.
void ClientConnection::await() {
  if (state_ == State::kIdle && transport_.empty()) transport_.release();
  const bool room = state_ == State::kConnecting || (!send_broken_ && !transport_.all_sent());
  if (wire_->await(room ? net::Interest::kBoth : net::Interest::kInput, false)) return;
  fail(Stage::kConnect, ErrorKind::kSystem, "epoll takes no more descriptors");
}

// --- Connecting --------------------------------------------------------------------------------------

void ClientConnection::connect(UniqueFd socket) {
  set_deadline(timeouts_.connect);
  wire_ = std::make_unique<net::EpollWire>(loop_, kMode, std::move(socket), *this);
  await();
}

bool ClientConnection::on_connected() {
  const int error = socket_error(wire_->fd());
  if (error != 0) {
    connect_next(error);  // The event was of the address before.
    return false;
  }
  if (exchange_->url.https) return start_tls();
  start_request();
  return true;
}

// The next address, if there is one.
void ClientConnection::connect_next(int error) {
  auto& addresses = exchange_->addresses;
  addresses.erase(addresses.begin());
  while (!addresses.empty()) {
    Connecting connecting = start_connecting(addresses.front());
    if (connecting.fd) {
      connect(std::move(connecting.fd));
      return;
    }
    error = connecting.error;
    addresses.erase(addresses.begin());
  }
  fail(Stage::kConnect, kind_of_errno(error), std::strerror(error));
}

bool ClientConnection::start_tls() {
  state_ = State::kHandshake;
  set_deadline(timeouts_.tls);
  try {
    transport_.begin_tls(std::make_unique<tls::Session>(context_->make_ssl(exchange_->url.host), context_));
  } catch (const tls::Error& error) {
    fail(Stage::kTls, ErrorKind::kInvalid, error.what());
    return false;
  }
  flush();
  return true;
}

// --- Sending -----------------------------------------------------------------------------------------

void ClientConnection::start_request() {
  state_ = State::kBusy;
  request_sent_ = send_broken_ = heard_ = in_body_ = false;
  // Shared, so that it is not copied, and is freed as soon as it has left.
  transport_.out().append(std::make_shared<const std::string>(format_request(*exchange_)));
  exchange_->response.fields.clear();
  exchange_->response.body.clear();
  parser_.start(exchange_->request.method == "HEAD", &exchange_->response.fields, &exchange_->response.body);
  set_deadline(timeouts_.send);
  flush();
}

// A send that fails is not the end: receive() will find the response, or why there is none.
void ClientConnection::flush() {
  if (send_broken_) return;
  const net::Wire::Flush flushed = wire_->flush(transport_).state;
  send_broken_ = flushed == net::Wire::Flush::kBroken;
  if (state_ != State::kBusy || request_sent_ || flushed != net::Wire::Flush::kDone) return;
  request_sent_ = true;
  if (!heard_) set_deadline(timeouts_.head);
}

// --- Receiving ---------------------------------------------------------------------------------------

void ClientConnection::receive(bool end) {
  using Security = net::Transport::Security;
  wire_->receive(transport_, end);
  if (transport_.failed()) return on_broken(transport_.error());
  const Security security = transport_.decrypt();
  if (state_ == State::kHandshake && transport_.ready()) start_request();
  if (transport_.tls() != nullptr) flush();  // The handshake's next flight, or an alert.
  if (security == Security::kNotTls || security == Security::kBroken) return on_tls_failure(security);
  if (state_ == State::kBusy) {
    parse();
  } else if (state_ == State::kIdle && !transport_.in().empty()) {  // Nobody asked for anything.
    return end_idle();
  }
  if (transport_.end_of_input() && state_ != State::kClosed) end_of_input();
}

void ClientConnection::on_tls_failure(net::Transport::Security security) {
  if (!exchange_) return end_idle();
  const bool handshake = state_ == State::kHandshake;
  const long verified = SSL_get_verify_result(&transport_.tls()->ssl());
  if (security == net::Transport::Security::kNotTls) {
    fail(Stage::kTls, ErrorKind::kProtocol, "the server does not speak TLS");
  } else if (handshake && verified != X509_V_OK) {
    fail(Stage::kTls, ErrorKind::kCertificate, X509_verify_cert_error_string(verified));
  } else {
    fail(handshake ? Stage::kTls : Stage::kReceive, ErrorKind::kProtocol,
         std::string(transport_.tls_failure()));
  }
}

void ClientConnection::parse() {
  if (transport_.in().empty()) return;
  heard_ = true;
  switch (parser_.parse(transport_.in())) {
    case ResponseParser::Result::kComplete: complete(); return;
    case ResponseParser::Result::kError:
      fail(Stage::kReceive, kind_of_fault(parser_.fault()), std::string(reason_of_fault(parser_.fault())));
      return;
    case ResponseParser::Result::kNeedMore: break;
  }
  if (parser_.past_head() && !in_body_) {
    in_body_ = true;
    set_deadline(timeouts_.body);
  }
}

void ClientConnection::end_of_input() {
  if (state_ == State::kIdle) return end_idle();
  // Where the end of the connection is the end of the body, anybody could have cut a TLS connection short.
  const bool truncated = transport_.tls() != nullptr && !transport_.end_was_said();
  if (!truncated && heard_ && parser_.end_of_input() == ResponseParser::Result::kComplete) return complete();
  fail(stage(), ErrorKind::kClosed,
       heard_                   ? "in the midst of the response"
       : state_ == State::kBusy ? "without a response"
                                : "the server ended it");
}

void ClientConnection::on_broken(int error) {
  if (state_ == State::kIdle) return end_idle();
  fail(stage(), kind_of_errno(error), std::strerror(error));
}

// --- The end of an exchange ----------------------------------------------------------------------------

Stage ClientConnection::stage() const {
  switch (state_) {
    case State::kConnecting: return Stage::kConnect;
    case State::kHandshake: return Stage::kTls;
    default: return !request_sent_ && !heard_ ? Stage::kSend : Stage::kReceive;
  }
}

void ClientConnection::complete() {
  exchange_->response.status = parser_.status();
  // Octets nobody asked for, or a request that was not wanted whole: this connection is out of step.
  const bool reusable = parser_.keep_alive() && !asks_to_close(exchange_->request.fields) &&
                        transport_.in().empty() && request_sent_ && !send_broken_ &&
                        !transport_.end_of_input();
  owner_.completed(*this, std::exchange(exchange_, nullptr), reusable);
}

void ClientConnection::fail(Stage stage, ErrorKind kind, std::string reason) {
  const bool ended = kind == ErrorKind::kClosed || kind == ErrorKind::kReset;
  owner_.failed(*this, std::exchange(exchange_, nullptr), {stage, kind, std::move(reason)},
                used_before_ && !heard_ && ended);
}

}  // namespace pollux::client
