#include "net/epoll_wire.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "base/metrics.h"
#include "base/trace.h"
#include "net/event_names.h"
#include "net/transport.h"

namespace pollux::net {

namespace {

constexpr std::size_t kFirstRead = 2048;    // Room for a usual request, kept while the connection is busy.
constexpr std::size_t kBeyond = 64 * 1024;  // Room on the stack for octets beyond it.
// The size of a turn's first write: the client receives it while the next octets are copied.
constexpr std::uint64_t kHeadStart = 64 * 1024;
constexpr std::size_t kReadBudget = 256 * 1024;  // Octets read for one event, edge-triggered.

// EPOLLRDHUP only with EPOLLIN: alone, it would report a half-closed client for ever.
std::uint32_t epoll_events(Interest interest, const EpollMode& mode) {
  return (wants_input(interest) ? EPOLLIN | EPOLLRDHUP : 0U) | (wants_room(interest) ? EPOLLOUT : 0U) |
         (mode.edge_triggered ? EPOLLET : 0U) | (mode.oneshot ? EPOLLONESHOT : 0U);
}

Wire::Event event_of(std::uint32_t events) {
  return {.input = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
          .end = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
          .gone = (events & (EPOLLHUP | EPOLLERR)) != 0,
          .room = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
          .flags = events};
}

// The octets may stay on the stack for long, and a short input may be a form with a password.
void take_over(std::span<char> octets, Buffer& wire) {
  wire.append({octets.data(), octets.size()});
  if (octets.size() <= Buffer::kSmall) ::explicit_bzero(octets.data(), octets.size());
}

ssize_t send_without_signal(int socket, std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // It is only read.
  message.msg_iovlen = pieces.size();
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t send_portion(int socket, const Portion& portion, bool raises_no_signal) {
  const auto& [pieces, octets] = portion;
  const ssize_t sent = raises_no_signal ? send_without_signal(socket, pieces)
                                        : ::writev(socket, pieces.data(), static_cast<int>(pieces.size()));
  if (sent >= 0) {
    trace::note("writev", "{} of {} octets in {} {}", sent, octets, pieces.size(),
                pieces.size() == 1 ? "piece" : "pieces");
  }
  return sent;
}

Wire::Flushed blocked(bool progress) {
  metrics::count(metrics::Counter::kBlockedWrites);
  return {Wire::Flush::kBlocked, progress};
}

// 0: the file has become shorter.
ssize_t send_slice(int socket, const OutputQueue::FilePiece& slice, std::uint64_t budget) {
  auto offset = static_cast<off_t>(slice.offset);
  const ssize_t sent = ::sendfile(socket, slice.fd, &offset, std::min(slice.length, budget));
  if (sent >= 0) trace::note("sendfile", "{} of {} octets of a file", sent, slice.length);
  return sent;
}

}  // namespace

EpollWire::EpollWire(EventLoop& loop, const EpollMode& mode, UniqueFd socket, Handler& handler)
    : loop_(loop),
      mode_(mode),
      handler_(handler),
      channel_(Channel::of<&EpollWire::on_events>(socket.get(), *this)),
      socket_(std::move(socket)) {}

void EpollWire::on_events(std::uint32_t events) { handler_.on_event(event_of(events)); }

void EpollWire::trace_event(const Event& event) const {
  trace::note("epoll_wait", "{}", EventNames{event.flags});
}

// --- In ------------------------------------------------------------------------------------------

void EpollWire::receive(Transport& transport, bool end) {
  const std::size_t budget = transport.wire_input().size() + kReadBudget;
  do {
    // A short read means that the socket is drained (epoll(7)), but an end of input may follow it, whose edge
    // has been consumed.
    Read read = read_room(transport);
    if (read == Read::kFilled) read = read_beyond(transport);
    input_left_ = read == Read::kFilled || (read == Read::kShort && end);
  } while (mode_.edge_triggered && input_left_ && transport.wire_input().size() < budget);
}

EpollWire::Read EpollWire::read_room(Transport& transport) {
  Buffer& wire = transport.wire_input();
  const std::span<char> room = wire.prepare(kFirstRead);
  const ssize_t got = receive_into(room);
  if (got > 0) wire.commit(static_cast<std::size_t>(got));
  return outcome_of(got, room.size(), transport);
}

EpollWire::Read EpollWire::read_beyond(Transport& transport) {
  std::array<char, kBeyond> octets;
  const ssize_t got = receive_into(octets);
  if (got > 0) take_over({octets.data(), static_cast<std::size_t>(got)}, transport.wire_input());
  return outcome_of(got, octets.size(), transport);
}

ssize_t EpollWire::receive_into(std::span<char> room) {
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), room.data(), room.size(), 0);
  } while (got < 0 && errno == EINTR);
  return got;
}

// `got`: the result of recv(2).
EpollWire::Read EpollWire::outcome_of(ssize_t got, std::size_t room, Transport& transport) {
  if (got < 0 && errno == EAGAIN) {
    trace::note("recv", "EAGAIN: the socket is drained");
    return Read::kBlocked;
  }
  if (got < 0) {
    trace::note("recv", "the connection is broken");
    transport.fail(errno);
    return Read::kEnd;
  }
  if (got == 0) {
    trace::note("recv", "the client's end");
    transport.end_input();
    return Read::kEnd;
  }
  metrics::count(metrics::Counter::kOctetsIn, static_cast<std::uint64_t>(got));
  trace::note("recv", "{} octets", got);
  return static_cast<std::size_t>(got) == room ? Read::kFilled : Read::kShort;
}

// --- Out -----------------------------------------------------------------------------------------

Wire::Flushed EpollWire::flush(Transport& transport) {
  std::uint64_t taken = 0;
  while (!transport.all_sent()) {
    std::array<iovec, 64> iov;
    const auto next = transport.to_send(iov);
    if (!next) {
      report_changed_file();
      return {Flush::kBroken, taken > 0};
    }
    const bool by_sendfile = next->pieces == 0;
    if (by_sendfile && mode_.wide_places != nullptr && next->file->length > WideSend::kWorthIt) {
      wide_.widen(socket_.get(), *mode_.wide_places);
    }
    const std::uint64_t max = taken == 0 ? kHeadStart : kWriteBudget;
    const ssize_t sent =
        by_sendfile ? send_slice(socket_.get(), *next->file, kWriteBudget - taken)
                    : send_portion(socket_.get(), portion_of(std::span(iov).first(next->pieces), max),
                                   mode_.raises_no_signal);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      trace::note(by_sendfile ? "sendfile" : "writev",
                  "EAGAIN: the socket takes no more, so EPOLLOUT shall tell");
      return blocked(taken > 0);
    }
    if (sent <= 0 && by_sendfile) {  // The file has shrunk, or its file system does not support sendfile.
      transport.copy_slice();
      continue;
    }
    if (sent < 0) return {Flush::kBroken, taken > 0};  // EPIPE, ECONNRESET; EFAULT: a mapped file has shrunk.
    metrics::count(metrics::Counter::kOctetsOut, static_cast<std::uint64_t>(sent));
    transport.sent(static_cast<std::size_t>(sent));
    taken += static_cast<std::uint64_t>(sent);
    const bool whole = !by_sendfile || static_cast<std::uint64_t>(sent) == next->file->length;
    if (!whole && taken < kWriteBudget) return blocked(true);  // Another call would only return EAGAIN.
    if (taken >= kWriteBudget && !transport.all_sent()) {
      trace::note("writev", "enough for now: others shall have their turn");
      return {Flush::kBlocked, true};
    }
  }
  return {transport.cut_short() ? Flush::kBroken : Flush::kDone, taken > 0};
}

// --- Waiting -------------------------------------------------------------------------------------

bool EpollWire::await(Interest interest, bool anew) {
  // An edge is reported once. If a budget ended the work early, a new edge must be asked for.
  const bool new_edge = mode_.edge_triggered && (wants_room(interest) || input_left_);
  if (registered_ && !mode_.oneshot && interest == interest_ && !new_edge && !anew) {
    trace::note("armed", "for {} already: without EPOLLONESHOT it stays so",
                EventNames{epoll_events(interest, mode_)});
    return true;
  }
  const std::uint32_t events = epoll_events(interest, mode_);
  trace::note("epoll_ctl", "{} {}", registered_ ? "MOD" : "ADD", EventNames{events});
  interest_ = interest;
  if (!std::exchange(registered_, true)) return loop_.try_add(channel_, events);
  loop_.modify(channel_, events);
  return true;
}

// --- The end -------------------------------------------------------------------------------------

bool EpollWire::shut_down(Transport& transport) {
  send_farewell(socket_.get(), transport);
  return ::shutdown(socket_.get(), SHUT_WR) == 0;
}

void EpollWire::close(Transport& transport) {
  if (!socket_) return;
  send_farewell(socket_.get(), transport);
  close_socket();
}

void EpollWire::reset() {
  forget_unsent(socket_.get());
  close_socket();
}

void EpollWire::close_socket() {
  // Closing is not enough while a forked child has a duplicate: the socket stays registered, and its next
  // event would reach a wire that is gone.
  if (socket_ && registered_) loop_.withdraw(channel_);
  socket_.reset();
  wide_.give_back();
}

}  // namespace pollux::net
