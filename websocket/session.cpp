#include "websocket/session.h"

#include <exception>
#include <utility>

#include "base/metrics.h"
#include "log/throttle.h"

namespace pollux::websocket {

namespace {

constexpr std::size_t kQueued = 256 * 1024;    // Octets queued before they are sent.
constexpr std::size_t kWorthCompressing = 64;  // Octets of a message.

}  // namespace

Session::Session(const SessionOptions& options, MessageHandler& handler,
                 const std::optional<DeflateParameters>& deflate, std::string address, std::string name)
    : options_(options),
      handler_(handler),
      peer_(std::make_shared<Peer>(options.outbox, std::move(address), std::move(name))),
      reader_(options.limits, deflate),
      deflater_(deflate ? std::make_unique<Deflater>(*deflate) : nullptr) {}

void Session::on_open(net::ProtocolHost& connection) { peer_->open(connection.waker()); }

net::Protocol::Step Session::on_input(Io io) {
  const bool came = !io.in.empty() || state_ == State::kNew;
  if (came) {
    heard_ = io.now.steady;
    pinged_ = false;
  }
  try {
    if (state_ == State::kNew) {
      state_ = State::kOpen;
      metrics::count(metrics::Counter::kWebSockets);
      handler_.on_open(peer_);
    }
    send_outbox(io);
    while (io.out.size() < kQueued && read_one(io)) send_outbox(io);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    static log::Throttle throttle(10);
    throttle.log(log::Level::kError, "WebSocket: {}", error.what());
    send_close(io, CloseCode::kInternalError, "", State::kClosing);
  }
  if (!came) look_for_life(io);
  return next_step(io, came);
}

net::Protocol::Step Session::next_step(const Io& io, bool came) const {
  if (state_ == State::kEnded) return {.next = broken_ ? Next::kLinger : Next::kClose};
  // What has come whole was read; of what has not, nothing follows.
  if (io.end_of_input && io.out.empty()) return {.next = Next::kClose};
  if (state_ == State::kClosing) return {.phase = net::Phase::kClosing};
  return {.phase = net::Phase::kOpen, .restart = came};
}

bool Session::read_one(const Io& io) {
  if (state_ == State::kEnded) return false;
  switch (reader_.read(io.in)) {
    case MessageReader::Result::kNeedMore: return false;
    case MessageReader::Result::kText: take_message(true); return true;
    case MessageReader::Result::kBinary: take_message(false); return true;
    case MessageReader::Result::kPing:
      if (state_ == State::kOpen) io.out.append(make_frame(Opcode::kPong, reader_.payload()));
      return true;
    case MessageReader::Result::kPong: return true;
    case MessageReader::Result::kClose: take_close(io); return false;
    case MessageReader::Result::kError:
      broken_ = true;
      code_ = reader_.error();
      if (state_ == State::kOpen) send_close(io, reader_.error(), "", State::kEnded);
      state_ = State::kEnded;
      return false;
  }
  return false;
}

// After our close frame, nobody listens any more.
void Session::take_message(bool text) {
  metrics::count(metrics::Counter::kMessagesIn);
  if (state_ == State::kOpen) handler_.on_message(peer_, {text, reader_.payload()});
}

// RFC 6455 5.5.1: a close is answered by a close, which says the same code.
void Session::take_close(const Io& io) {
  code_ = reader_.close_code();
  if (state_ == State::kOpen) {
    if (code_ == CloseCode::kNone) {
      io.out.append(make_frame(Opcode::kClose, ""));
    } else {
      io.out.append(make_close_frame(code_));
    }
  }
  state_ = State::kEnded;
}

void Session::send_outbox(const Io& io) {
  if (state_ != State::kOpen) return;
  while (io.out.size() < kQueued) {
    const auto taken = peer_->take(kQueued - io.out.size());
    if (taken.empty()) break;
    metrics::count(metrics::Counter::kMessagesOut, taken.size());
    for (const Peer::Outgoing& next : taken) {
      if (next.frame) {
        io.out.append(next.frame);
      } else {
        send(io, {next.text, next.payload});
      }
    }
  }
  if (const auto ending = peer_->take_ending()) send_close(io, ending->code, ending->reason, State::kClosing);
}

void Session::send(const Io& io, const Message& message) {
  if (deflater_ && message.payload.size() >= kWorthCompressing) {
    io.out.append(make_frame(message.opcode(), deflater_->compress(message.payload), true));
  } else {
    io.out.append(make_frame(message.opcode(), message.payload));
  }
}

void Session::send_close(const Io& io, CloseCode code, std::string_view reason, State next) {
  if (state_ == State::kOpen) io.out.append(make_close_frame(code, reason));
  state_ = next;
}

void Session::look_for_life(const Io& io) {
  if (state_ != State::kOpen) return;
  const auto silence = io.now.steady - heard_;
  if (silence >= 2 * options_.ping_after) {
    state_ = State::kEnded;  // There is nobody to say anything to.
  } else if (silence >= options_.ping_after && !pinged_) {
    pinged_ = true;
    io.out.append(make_frame(Opcode::kPing, ""));
  }
}

void Session::on_trouble(Io io, Trouble trouble) {
  if (trouble == Trouble::kOverload) send_close(io, CloseCode::kTryAgainLater, "", State::kEnded);
}

void Session::on_close(std::uint64_t /*sent*/) {
  peer_->end();
  reader_.release();
  deflater_.reset();
  if (state_ != State::kNew) handler_.on_close(peer_, code_);
}

void Session::trim() {
  if (!reader_.in_message()) reader_.release();
  if (deflater_) deflater_->trim();
}

}  // namespace pollux::websocket
