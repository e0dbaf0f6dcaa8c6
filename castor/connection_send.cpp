// The sending half of a connection: plain octets where they lie ready, or encrypted.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "castor/connection.h"
#include "castor/worker.h"

namespace pollux::castor {

namespace {

constexpr std::size_t kMaxPieces = 64;  // Requests in one send.

}  // namespace

void Connection::flush_or_break(Nanoseconds now) {
  const int error = flush(now);
  if (error == 0 || error == EAGAIN) return;
  if (state_ == State::kConnecting) {
    fail(client::Stage::kConnect, client::kind_of_errno(error), now);
  } else {
    send_broken_ = true;  // The answer, or why there is none, is for receive() to find.
  }
}

int Connection::flush(Nanoseconds now) {
  if (send_broken_) return 0;
  const int error = tls_ ? flush_tls(now) : flush_plain(now);
  const bool sent = error == 0 && state_ == State::kOpen && count_ > 0 && written_ == count_;
  if (sent && worker_.options().force) complete(0, Worker::clock());
  return error;
}

int Connection::flush_plain(Nanoseconds now) {
  while (written_ < count_) {
    ssize_t count = 0;
    if (written_ + 1 == count_) {
      const std::string_view octets = octets_of(written_).substr(offset_);
      count = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    } else {
      std::array<iovec, kMaxPieces> pieces;
      const std::size_t max = std::min<std::size_t>(kMaxPieces, count_ - written_);
      for (std::size_t i = 0; i < max; ++i) {
        const std::string_view octets = octets_of(written_ + i).substr(i == 0 ? offset_ : 0);
        pieces[i] = {const_cast<char*>(octets.data()), octets.size()};
      }
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = max;
      count = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (state_ == State::kConnecting) connected(now);
    written(static_cast<std::size_t>(count), now);
  }
  return 0;
}

int Connection::flush_tls(Nanoseconds now) {
  for (;;) {
    Buffer& output = tls_->output();
    if (output.empty()) {
      if (state_ != State::kOpen || written_ == count_) return 0;
      const std::string_view octets = octets_of(written_);
      if (!tls_->encrypt(octets)) return EPIPE;
      written(octets.size(), now);
      continue;
    }
    const std::string_view octets = output.readable();
    const ssize_t count = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (state_ == State::kConnecting) connected(now);
    output.consume(static_cast<std::size_t>(count));
  }
}

void Connection::written(std::size_t octets, Nanoseconds now) {
  offset_ += octets;
  while (written_ < count_ && offset_ >= octets_of(written_).size()) {
    offset_ -= octets_of(written_).size();
    slot(written_).sent = now;
    ++written_;
  }
}

}  // namespace pollux::castor
