// The sending half of a client: plain octets from where they lie ready, or encrypted ones.
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
    send_broken_ = true;  // receive() will find the response, or why there is none.
  }
}

int Client::flush(TimePoint now) {
  if (send_broken_) return 0;
  const int error = tls_ ? flush_tls(now) : flush_plain(now);
  const bool sent = error == 0 && state_ == State::kOpen && !pipeline_.empty() && pipeline_.all_sent();
  if (sent && surroundings_.options.force) complete(surroundings_.loop.clock());
  return error;
}

int Client::flush_plain(TimePoint now) {
  while (!pipeline_.all_sent() && state_ != State::kClosing) {
    const ssize_t count = send_unsent();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (state_ == State::kConnecting) on_connected(now);
    pipeline_.sent(static_cast<std::size_t>(count), now);
  }
  return 0;
}

ssize_t Client::send_unsent() {
  if (pipeline_.sent_whole() + 1 == pipeline_.size()) {  // The usual case, and cheaper than sendmsg().
    const std::string_view octets = pipeline_.unsent();
    return ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  }
  std::array<iovec, kMaxPieces> pieces;
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pipeline_.unsent(pieces);
  return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
}

int Client::flush_tls(TimePoint now) {
  for (;;) {
    Buffer& output = tls_->output();
    if (output.empty()) {
      if (state_ != State::kOpen || pipeline_.all_sent()) return 0;
      const std::string_view octets = pipeline_.unsent();
      if (!tls_->encrypt(octets)) return EPIPE;
      pipeline_.sent(octets.size(), now);
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
