// The sending half of a client: prepared plain octets, or encrypted ones.
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "castor/client.h"

namespace pollux::castor {

namespace {

constexpr std::size_t kMaxPieces = 64;  // Requests in one send.

}  // namespace

void Client::flush_or_break(TimePoint now) {
  const int error = flush(now);
  if (error == 0 || error == EAGAIN) return;
  if (state_ == State::kConnecting) {
    fail(client::Stage::kConnect, client::kind_of_errno(error), now);
  } else {
    send_broken_ = true;  // receive() finds the response, or the reason for its absence.
    requester_->stop_sending();
  }
}

int Client::flush(TimePoint now) {
  if (send_broken_) return 0;
  const int error = tls_ ? flush_tls(now) : flush_plain(now);
  const bool forced = surroundings_.options.force && error == 0 && state_ == State::kOpen;
  if (forced && !requester_->empty() && requester_->all_sent()) {
    const TimePoint sent = surroundings_.loop.clock();
    proceed(requester_->settle_sent(sent), sent);
  }
  return error;
}

int Client::flush_plain(TimePoint now) {
  std::array<iovec, kMaxPieces> pieces;
  while (!requester_->all_sent() && state_ != State::kClosing) {
    const std::size_t filled = requester_->unsent(pieces, now);
    if (filled == 0) return 0;
    const ssize_t count = send_pieces(std::span(pieces).first(filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (state_ == State::kConnecting) on_connected(now);
    requester_->sent(static_cast<std::size_t>(count), now);
  }
  return 0;
}

ssize_t Client::send_pieces(std::span<const iovec> pieces) {
  if (pieces.size() == 1) {  // The usual case, and cheaper than sendmsg().
    return ::send(fd_.get(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
}

int Client::flush_tls(TimePoint now) {
  for (;;) {
    Buffer& output = tls_->output();
    if (output.empty()) {
      iovec piece{};
      if (state_ != State::kOpen || requester_->unsent({&piece, 1}, now) == 0) return 0;
      if (!tls_->encrypt({static_cast<const char*>(piece.iov_base), piece.iov_len})) return EPIPE;
      requester_->sent(piece.iov_len, now);
      continue;
    }
    const std::string_view octets = output.readable();
    const ssize_t count = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (state_ == State::kConnecting) on_connected(now);
    output.consume(static_cast<std::size_t>(count));
  }
}

}  // namespace pollux::castor
