#include "net/ring_wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/metrics.h"
#include "base/trace.h"
#include "net/transport.h"

namespace pollux::net {

namespace {

constexpr std::size_t kMaxPieces = 64;  // In one send.

bool to_be_tried_again(int result) { return result == -EAGAIN || result == -EINTR; }

}  // namespace

RingWire::RingWire(Ring& ring, UniqueFd socket, Handler& handler)
    : ring_(ring), handler_(handler), socket_(std::move(socket)) {}

// --- Completions ---------------------------------------------------------------------------------

void RingWire::on_completion(RingOperation operation, const RingCompletion& completion) {
  if (completion.last()) under_way_ &= static_cast<std::uint8_t>(~bit(operation));
  if (closed_ && !completion.last() && !ring_.ended()) (void)ring_.cancel(operation, *this);
  if (operation == RingOperation::kReceive) return on_received(completion);
  if (operation == RingOperation::kSend) on_sent(completion.result);
  if (operation == RingOperation::kWritable && !closed_) on_writable(completion);
  tell(operation, completion.result);
}

void RingWire::on_sent(int result) {
  sent_ = result;
  sent_known_ = true;
  full_ = sent_ == -EAGAIN || (sent_ > 0 && static_cast<std::uint32_t>(sent_) < lent_);
}

void RingWire::on_writable(const RingCompletion& completion) {
  if (completion.result != -ECANCELED && completion.result != POLLRDHUP) {
    full_ = false;
    // If the ring refuses, the poll reports more than is asked for, which is harmless.
    if (!completion.last()) (void)ring_.cancel(RingOperation::kWritable, *this);
  } else if (completion.last() && full_ && !ring_.ended() && !submit_poll_writable(true)) {
    error_ = ENOMEM;
  }
}

void RingWire::on_received(const RingCompletion& completion) {
  const int result = completion.result;
  poll_first_ = (completion.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;
  if (result == -ENOBUFS && !closed_ && !ring_.ended()) {
    begun(RingOperation::kReceive, true);
    return ring_.await_buffer(*this);
  }
  if (to_be_tried_again(result) && !closed_ && !ring_.ended() && submit_receive()) return;
  if (result > 0) arrived_ = ring_.buffers().of(result, completion.flags);
  if (result == 0) end_ = true;
  if (result < 0) error_ = -result;
  tell(RingOperation::kReceive, result);
  if (arrived_.empty()) return;
  if (!closed_) take_early(arrived_);
  ring_.buffers().give_back(std::exchange(arrived_, {}));
}

void RingWire::take_early(std::span<const char> octets) try {
  if (!early_) early_ = std::make_unique<Buffer>();
  early_->append({octets.data(), octets.size()});
} catch (const std::bad_alloc&) {
  error_ = ENOMEM;
}

void RingWire::tell(RingOperation operation, int result) {
  if (closed_) return close_at_rest();
  if (ring_.ended()) return;
  Event event{.flags = static_cast<std::uint32_t>(operation), .result = result};
  event.input = something_came();
  event.end = end_ || error_ != 0;
  event.gone = error_ != 0 || (operation == RingOperation::kEnd && (result & (POLLHUP | POLLERR)) != 0);
  event.room = may_flush();
  const bool wanted = (wants_input(interest_) && event.input) || (wants_room(interest_) && event.room) ||
                      (interest_ == Interest::kSilence && event.gone);
  if (wanted) handler_.on_event(event);
}

void RingWire::trace_event(const Event& event) const {
  switch (static_cast<RingOperation>(event.flags)) {
    case RingOperation::kReceive:
      if (event.result > 0) return trace::note("cqe recv", "{} octets", event.result);
      return trace::note("cqe recv", "{}",
                         event.result == 0 ? "the client's end" : ::strerror(-event.result));
    case RingOperation::kSend:
      if (event.result > 0) return trace::note("cqe send", "{} octets", event.result);
      return trace::note("cqe send", "{}", ::strerror(-event.result));
    case RingOperation::kWritable: return trace::note("cqe poll", "the socket takes octets again");
    case RingOperation::kEnd: return trace::note("cqe poll", "nobody is there any more");
    case RingOperation::kPoll:
    case RingOperation::kAccept:
    case RingOperation::kNop: break;
  }
  trace::note("cqe nop", "its turn has come again");
}

// --- In ------------------------------------------------------------------------------------------

void RingWire::receive(Transport& transport, bool /*end*/) {
  if (early_) {
    transport.wire_input().append(early_->readable());
    metrics::count(metrics::Counter::kOctetsIn, early_->size());
    early_->consume(early_->size());
    early_->wipe();
    early_.reset();
  }
  if (!arrived_.empty()) {
    transport.wire_input().append({arrived_.data(), arrived_.size()});
    metrics::count(metrics::Counter::kOctetsIn, arrived_.size());
    ring_.buffers().give_back(std::exchange(arrived_, {}));
  }
  if (error_ != 0) transport.fail(error_);
  if (end_) transport.end_input();
}

bool RingWire::submit_receive() {
  trace::note("sqe recv", "into a buffer that the kernel takes when octets have come");
  return begun(RingOperation::kReceive, ring_.receive(socket_.get(), *this, poll_first_));
}

// --- Out -----------------------------------------------------------------------------------------

Wire::Flushed RingWire::flush(Transport& transport) {
  Flushed flushed;
  if (error_ != 0) return {Flush::kBroken, false};
  if (is_under_way(RingOperation::kSend)) return {Flush::kBlocked, false, true};
  if (std::exchange(sent_known_, false)) {
    if (sent_ < 0 && !to_be_tried_again(sent_)) return {Flush::kBroken, false};
    const auto sent = static_cast<std::size_t>(std::max(sent_, 0));
    flushed.progress = sent > 0;
    metrics::count(metrics::Counter::kOctetsOut, sent);
    transport.sent(sent);  // Even if nothing was sent: the lent memory is ours again.
  }
  if (transport.all_sent()) {
    flushed.state = transport.cut_short() ? Flush::kBroken : Flush::kDone;
    return flushed;
  }
  flushed.state = Flush::kBlocked;
  if (full_) return flushed;
  std::array<iovec, kMaxPieces> iov;
  auto next = transport.to_send(iov);
  if (next && next->pieces == 0) {  // A slice for sendfile(2), which a ring does not have.
    transport.copy_slice();
    next = transport.to_send(iov);
  }
  if (!next || next->pieces == 0) {
    report_changed_file();
    return {Flush::kBroken, flushed.progress};
  }
  const auto [pieces, octets] = portion_of(std::span(iov).first(next->pieces), kWriteBudget);
  trace::note("sqe send", "{} octets in {} {}", octets, pieces.size(),
              pieces.size() == 1 ? "piece" : "pieces");
  if (!begun(RingOperation::kSend, ring_.send(socket_.get(), pieces, *this)))
    return {Flush::kBroken, flushed.progress};
  transport.lend();
  lent_ = static_cast<std::uint32_t>(octets);
  flushed.under_way = true;
  return flushed;
}

// --- Waiting -------------------------------------------------------------------------------------

bool RingWire::await(Interest interest, bool /*anew*/) {
  interest_ = interest;
  if ((wants_input(interest) && something_came()) || (wants_room(interest) && may_flush())) {
    return is_under_way(RingOperation::kNop) || submit_nop();
  }
  if (wants_input(interest) && !is_under_way(RingOperation::kReceive) && !submit_receive()) return false;
  if (wants_room(interest) && full_ && !is_under_way(RingOperation::kWritable)) {
    metrics::count(metrics::Counter::kBlockedWrites);
    if (!submit_poll_writable(false)) return false;
  }
  return interest != Interest::kSilence || is_under_way(RingOperation::kEnd) || submit_poll_end();
}

bool RingWire::submit_nop() {
  trace::note("sqe nop", "for its next turn: there is something to do already");
  return begun(RingOperation::kNop, ring_.nop(*this));
}

bool RingWire::submit_poll_writable(bool multishot) {
  trace::note("sqe poll", "for room: the socket takes no more");
  return begun(RingOperation::kWritable, ring_.poll_writable(socket_.get(), *this, multishot));
}

bool RingWire::submit_poll_end() {
  trace::note("sqe poll", "for the client's end");
  return begun(RingOperation::kEnd, ring_.poll_end(socket_.get(), *this));
}

// --- The end -------------------------------------------------------------------------------------

// Not in the middle of data that is being sent.
void RingWire::say_end(Transport& transport) {
  if (!is_under_way(RingOperation::kSend)) send_farewell(socket_.get(), transport);
}

bool RingWire::shut_down(Transport& transport) {
  say_end(transport);
  return ::shutdown(socket_.get(), SHUT_WR) == 0;
}

void RingWire::close(Transport& transport) {
  if (!socket_) return;
  say_end(transport);
  end();
}

void RingWire::reset() {
  if (!socket_) return;
  forget_unsent(socket_.get());
  end();
}

void RingWire::end() {
  closed_ = true;
  early_.reset();
  if (!ring_.ended()) cancel_all();
  close_at_rest();
}

void RingWire::cancel_all() {
  bool refused = false;
  for (const RingOperation operation :
       {RingOperation::kReceive, RingOperation::kSend, RingOperation::kWritable, RingOperation::kEnd}) {
    if (is_under_way(operation)) refused |= !ring_.cancel(operation, *this);
  }
  // shutdown(2) completes them all. Multishot operations go on after that, and on_completion() cancels them
  // again.
  if (refused) (void)::shutdown(socket_.get(), SHUT_RDWR);
}

void RingWire::close_at_rest() {
  if (at_rest()) socket_.reset();
}

}  // namespace pollux::net
