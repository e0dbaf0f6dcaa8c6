#include "client/client_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "client/socket.h"

namespace pollux::client {

namespace {

constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr std::size_t kEncryptAtOnce = 64 * 1024;

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
  set_deadline(timeouts_.connect);
  watch(std::move(exchange_->socket));
}

void ClientConnection::use(ExchangePtr exchange) {
  exchange_ = std::move(exchange);
  exchange_->connection = this;
  used_before_ = true;
  start_request();
  set_interest();
}

void ClientConnection::keep(milliseconds time) {
  state_ = State::kIdle;
  in_.release();
  if (tls_ && tls_->input().empty() && tls_->output().empty()) tls_->release();
  loop_.timers().arm(timer_, loop_.now().steady + time);
  set_interest();
}

void ClientConnection::close() {
  if (state_ == State::kClosed) return;
  if (tls_) {  // As far as the socket takes it: nobody waits for that.
    tls_->end();
    const std::string_view octets = tls_->output().readable();
    if (fd_) (void)::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  }
  state_ = State::kClosed;
  loop_.timers().cancel(timer_);
  if (channel_) loop_.remove(*channel_);
  fd_.reset();
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

void ClientConnection::on_event(std::uint32_t events) {
  if (state_ == State::kClosed) return;  // In the same batch.
  try {
    if (state_ == State::kConnecting) {
      if (!on_connected()) return;
    } else if ((events & EPOLLOUT) != 0) {
      flush();
    }
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) receive();
    if (state_ != State::kClosed) set_interest();
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

void ClientConnection::set_interest() {
  std::uint32_t events = EPOLLIN | EPOLLRDHUP;
  const bool output = (sending() && !send_broken_) || (tls_ && !tls_->output().empty());
  if (state_ == State::kConnecting || output) events |= EPOLLOUT;
  if (events == interest_) return;
  interest_ = events;
  loop_.modify(*channel_, events);
}

// --- Connecting --------------------------------------------------------------------------------------

void ClientConnection::watch(UniqueFd fd) {
  if (channel_) loop_.remove(*channel_);
  fd_ = std::move(fd);
  last_channel_ = std::move(channel_);
  channel_ = net::Channel::make<&ClientConnection::on_event>(fd_.get(), *this);
  interest_ = EPOLLIN | EPOLLRDHUP | EPOLLOUT;
  if (loop_.try_add(*channel_, interest_)) return;
  channel_.reset();
  fail(Stage::kConnect, ErrorKind::kSystem, "epoll takes no more descriptors");
}

bool ClientConnection::on_connected() {
  const int error = socket_error(fd_.get());
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
      set_deadline(timeouts_.connect);
      watch(std::move(connecting.fd));
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
    tls_ = std::make_unique<tls::Session>(context_->make_ssl(exchange_->url.host), context_);
  } catch (const tls::Error& error) {
    fail(Stage::kTls, ErrorKind::kInvalid, error.what());
    return false;
  }
  (void)tls_->begin();  // The first flight cannot fail; the server's response to it can.
  flush();
  return true;
}

// --- Sending -----------------------------------------------------------------------------------------

void ClientConnection::start_request() {
  state_ = State::kBusy;
  heard_ = send_broken_ = in_body_ = false;
  out_ = format_request(*exchange_);
  sent_ = 0;
  exchange_->response.fields.clear();
  exchange_->response.body.clear();
  parser_.start(exchange_->request.method == "HEAD", &exchange_->response.fields, &exchange_->response.body);
  set_deadline(timeouts_.send);
  flush();
}

bool ClientConnection::encrypt_some() {
  if (state_ != State::kBusy || !sending()) return false;
  const std::string_view part = std::string_view(out_).substr(sent_, kEncryptAtOnce);
  if (!tls_->encrypt(part)) {
    send_broken_ = true;
    return false;
  }
  sent_ += part.size();
  return true;
}

// Until the socket takes no more. A send that fails is not the end: receive() will find the response, or why
// there is none.
void ClientConnection::flush() {
  const bool had_output = sending();
  while (!send_broken_) {
    if (tls_ && tls_->output().empty() && !encrypt_some()) break;
    if (!tls_ && !sending()) break;
    const std::string_view octets = tls_ ? tls_->output().readable() : std::string_view(out_).substr(sent_);
    const ssize_t count = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return;
      send_broken_ = true;
      break;
    }
    if (tls_) {
      tls_->output().consume(static_cast<std::size_t>(count));
    } else {
      sent_ += static_cast<std::size_t>(count);
    }
  }
  if (state_ == State::kBusy && had_output && !sending() && !heard_) set_deadline(timeouts_.head);
}

// --- Receiving ---------------------------------------------------------------------------------------

void ClientConnection::receive() {
  Buffer& to = tls_ ? tls_->input() : in_;
  const std::span<char> room = to.prepare(kReadAtOnce);
  const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) on_broken(errno);
    return;
  }
  if (count == 0) {
    end_of_input();
    return;
  }
  to.commit(static_cast<std::size_t>(count));
  if (tls_ && !decrypt()) return;
  if (state_ == State::kBusy) {
    parse();
  } else if (state_ == State::kIdle && !in_.empty()) {  // Nobody asked for anything.
    end_idle();
    return;
  }
  if (wire_ended_ && state_ != State::kClosed) end_of_input();
}

bool ClientConnection::decrypt() {
  const auto result = tls_->decrypt(in_);
  if (state_ == State::kHandshake && tls_->established()) start_request();
  flush();  // The handshake's next flight, or an alert.
  wire_ended_ = result == tls::Session::Result::kEnd;
  if (result == tls::Session::Result::kOk || wire_ended_) return true;
  if (!exchange_) {
    end_idle();
    return false;
  }
  const bool handshake = state_ == State::kHandshake;
  const long verified = SSL_get_verify_result(&tls_->ssl());
  if (result == tls::Session::Result::kNotTls) {
    fail(Stage::kTls, ErrorKind::kProtocol, "the server does not speak TLS");
  } else if (handshake && verified != X509_V_OK) {
    fail(Stage::kTls, ErrorKind::kCertificate, X509_verify_cert_error_string(verified));
  } else {
    fail(handshake ? Stage::kTls : Stage::kReceive, ErrorKind::kProtocol, std::string(tls_->reason()));
  }
  return false;
}

void ClientConnection::parse() {
  if (in_.empty()) return;
  heard_ = true;
  switch (parser_.parse(in_)) {
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
  if (state_ == State::kIdle) {
    end_idle();
    return;
  }
  if (state_ != State::kBusy) {
    fail(state_ == State::kHandshake ? Stage::kTls : Stage::kConnect, ErrorKind::kClosed,
         "the server ended it");
    return;
  }
  // Where the end of the connection is the end of the body, anybody could have cut a TLS connection short.
  const bool truncated = tls_ && !wire_ended_;
  if (!truncated && heard_ && parser_.end_of_input() == ResponseParser::Result::kComplete) {
    complete();
    return;
  }
  const bool sent = !sending() && !send_broken_;
  fail(sent || heard_ ? Stage::kReceive : Stage::kSend, ErrorKind::kClosed,
       heard_ ? "in the midst of the response" : "without a response");
}

void ClientConnection::on_broken(int error) {
  if (state_ == State::kIdle) {
    end_idle();
    return;
  }
  fail(stage(), kind_of_errno(error), std::strerror(error));
}

// --- The end of an exchange ----------------------------------------------------------------------------

Stage ClientConnection::stage() const {
  switch (state_) {
    case State::kConnecting: return Stage::kConnect;
    case State::kHandshake: return Stage::kTls;
    default: return sending() && !heard_ ? Stage::kSend : Stage::kReceive;
  }
}

void ClientConnection::complete() {
  exchange_->response.status = parser_.status();
  // Octets nobody asked for, or a request that was not wanted whole: this connection is out of step.
  const bool reusable = parser_.keep_alive() && in_.empty() && !sending() && !send_broken_ && !wire_ended_;
  owner_.completed(*this, std::exchange(exchange_, nullptr), reusable);
}

void ClientConnection::fail(Stage stage, ErrorKind kind, std::string reason) {
  const bool ended = kind == ErrorKind::kClosed || kind == ErrorKind::kReset;
  owner_.failed(*this, std::exchange(exchange_, nullptr), {stage, kind, std::move(reason)},
                used_before_ && !heard_ && ended);
}

}  // namespace pollux::client
