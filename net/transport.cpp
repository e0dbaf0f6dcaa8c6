#include "net/transport.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/metrics.h"
#include "base/trace.h"
#include "log/throttle.h"

namespace pollux::net {

namespace {

constexpr std::size_t kFirstRead = 2048;   // Room for a usual request, kept while the connection is busy.
constexpr std::size_t kSpill = 64 * 1024;  // Room on the stack for whatever comes beyond it.
constexpr std::size_t kReadBudget = 256 * 1024;     // Octets read for one event, edge-triggered.
constexpr std::size_t kRecord = 16 * 1024;          // The most a TLS record holds (RFC 8446 5.1).
constexpr std::size_t kEncryptAhead = 4 * kRecord;  // Octets encrypted for one writev.

void trace_write(ssize_t sent, std::span<const iovec> pieces) {
  std::size_t octets = 0;
  for (const iovec& piece : pieces) octets += piece.iov_len;
  trace::note("writev", "{} of {} octets in {} {}", sent, octets, pieces.size(),
              pieces.size() == 1 ? "piece" : "pieces");
}

}  // namespace

Transport::Transport(UniqueFd socket, std::unique_ptr<tls::Session> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {}

// --- In ------------------------------------------------------------------------------------------

void Transport::receive(bool edge_triggered, bool end_announced) {
  const Buffer& wire = tls_ ? tls_->input() : in;
  const std::size_t budget = wire.size() + kReadBudget;
  do {
    // A short read says that the socket is drained (epoll(7)), except that the end of input may stand
    // behind it: that edge is used up.
    const Read read = read_once();
    input_left_ = read == Read::kFilled || (read == Read::kShort && end_announced);
  } while (edge_triggered && input_left_ && wire.size() < budget);
}

Transport::Read Transport::read_once() {
  Buffer& wire = tls_ ? tls_->input() : in;
  std::array<char, kSpill> spill;
  const std::span<char> room = wire.prepare(kFirstRead);
  const std::array<iovec, 2> iov{{{room.data(), room.size()}, {spill.data(), spill.size()}}};
  ssize_t got = 0;
  do {
    got = ::readv(socket_.get(), iov.data(), iov.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    failed_ = errno != EAGAIN;
    trace::note("readv", "{}", failed_ ? "the connection is broken" : "EAGAIN: the socket is drained");
    return failed_ ? Read::kEnd : Read::kBlocked;
  }
  if (got == 0) {
    trace::note("readv", "the client's end");
    end_of_input_ = true;
    return Read::kEnd;
  }
  const auto octets = static_cast<std::size_t>(got);
  metrics::count(metrics::Counter::kOctetsIn, octets);
  trace::note("readv", "{} octets", octets);
  wire.commit(std::min(octets, room.size()));
  if (octets > room.size()) wire.append({spill.data(), octets - room.size()});
  return octets == room.size() + spill.size() ? Read::kFilled : Read::kShort;
}

bool Transport::has_unread() const {
  int octets = 0;
  return ::ioctl(socket_.get(), FIONREAD, &octets) == 0 && octets > 0;
}

Transport::Security Transport::decrypt() {
  if (!tls_) return Security::kReady;
  switch (tls_->decrypt(in)) {
    case tls::Session::Result::kOk: break;
    case tls::Session::Result::kEnd: end_of_input_ = true; break;
    case tls::Session::Result::kNotTls: return Security::kNotTls;
    case tls::Session::Result::kFailed: return Security::kBroken;
  }
  return tls_->established() ? Security::kReady : Security::kHandshake;
}

void Transport::give_up_tls() {
  in.append(tls_->input().readable());
  tls_.reset();
}

void Transport::discard_input() {
  in.consume(in.size());
  if (tls_) tls_->input().consume(tls_->input().size());
}

// --- Out -----------------------------------------------------------------------------------------

bool Transport::all_sent() const {
  if (!tls_) return out.empty();
  const bool nothing_to_encrypt = out.empty() || !tls_->reason().empty();
  return nothing_to_encrypt && tls_->output().empty();
}

Transport::Flushed Transport::flush() {
  const std::uint64_t stop = out.consumed() + kWriteBudget;
  bool progress = false;
  while (!all_sent()) {
    std::array<iovec, 64> iov;
    const auto count = next_to_send(iov);
    if (!count) {
      static log::Throttle throttle(10);
      throttle.log(log::Level::kWarn, "a file changed while it was sent; its connection is closed short");
      return {Flush::kBroken, progress};
    }
    const ssize_t sent = ::writev(socket_.get(), iov.data(), static_cast<int>(*count));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      metrics::count(metrics::Counter::kBlockedWrites);
      trace::note("writev", "EAGAIN: the socket takes no more, so EPOLLOUT shall tell");
      return {Flush::kBlocked, progress};
    }
    if (sent < 0) return {Flush::kBroken, progress};  // EPIPE, ECONNRESET; EFAULT: a mapped file has shrunk.
    metrics::count(metrics::Counter::kOctetsOut, static_cast<std::uint64_t>(sent));
    if (trace::on()) trace_write(sent, {iov.data(), *count});
    progress = progress || sent > 0;
    if (tls_) {
      tls_->output().consume(static_cast<std::size_t>(sent));
    } else {
      out.consume(static_cast<std::size_t>(sent));
    }
    if (out.consumed() >= stop && !all_sent()) {
      trace::note("writev", "enough for now: others shall have their turn");
      return {Flush::kBlocked, progress};
    }
  }
  return {out.empty() ? Flush::kDone : Flush::kBroken, progress};
}

std::optional<std::size_t> Transport::next_to_send(std::span<iovec> iov) {
  if (!tls_) return out.gather(iov);
  if (!encrypt_some()) return std::nullopt;
  const std::string_view octets = tls_->output().readable();
  iov.front() = {const_cast<char*>(octets.data()), octets.size()};  // writev(2) only reads it.
  return 1;
}

// false: there is nothing that could be sent, and there should be.
bool Transport::encrypt_some() {
  Buffer& wire = tls_->output();
  std::array<char, kRecord> record;
  while (wire.size() < kEncryptAhead && !out.empty() && tls_->reason().empty()) {
    const auto taken = out.take(record);
    if (!taken || !tls_->encrypt({record.data(), *taken})) return !wire.empty();
  }
  return true;
}

void Transport::release() {
  in.release();
  out.release();
  if (tls_) tls_->release();
}

bool Transport::empty() const {
  return in.empty() && out.empty() && (!tls_ || (tls_->input().empty() && tls_->output().empty()));
}

// --- The end -------------------------------------------------------------------------------------

// Best effort: whoever does not take these few octets does not miss them.
void Transport::end_tls() {
  if (!tls_) return;
  tls_->end();
  const std::string_view octets = tls_->output().readable();
  if (!octets.empty()) (void)::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  tls_->output().consume(octets.size());
}

bool Transport::shut_down() {
  end_tls();
  return ::shutdown(socket_.get(), SHUT_WR) == 0;
}

void Transport::close() {
  end_tls();
  socket_.reset();  // Leaves epoll with it: the descriptor has no duplicate.
}

void Transport::reset() {
  // Otherwise the kernel would keep the unsent octets for a client that does not take them.
  const linger now{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_.reset();
}

}  // namespace pollux::net
