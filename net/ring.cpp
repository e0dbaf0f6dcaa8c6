#include "net/ring.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/ring_refusal.h"
#include "net/ring_source.h"

namespace pollux::net {

namespace {

constexpr unsigned kSetup = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                            IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;

// Memory lent to the kernel comes back at once, however slowly the client reads.
constexpr int kSendNow = MSG_DONTWAIT | MSG_NOSIGNAL;

constexpr int kEndStep = 100;  // Milliseconds.

constexpr std::uint64_t kOperationMask = 7;
static_assert(static_cast<std::uint64_t>(RingOperation::kNop) <= kOperationMask, "the last one fits");
static_assert(alignof(RingSubmitter) > kOperationMask, "the operation stands in the pointer's low bits");

std::uint64_t user_data(RingOperation operation, RingSubmitter& submitter) {
  return reinterpret_cast<std::uintptr_t>(&submitter) | static_cast<std::uint64_t>(operation);
}

}  // namespace

Ring::Queues::Queues() {
  io_uring_params parameters{};
  parameters.flags = kSetup;
  parameters.cq_entries = kCompletions;
  if (const int error = ::io_uring_queue_init_params(kSubmissions, &ring, &parameters); error != 0)
    throw ring_refusal(-error);
}

Ring::Queues::~Queues() { ::io_uring_queue_exit(&ring); }

Ring::Ring(const RingOptions& options) : buffers_(queues_.ring, options.receive_buffers) {
  messages_.reserve(kSubmissions);
  pieces_.reserve(kPieces);
}

Ring::~Ring() = default;  // Here, where a RingSource is known.

void Ring::begin() {
  // liburing 2.3 declares io_uring_enable_rings(3), but its shared library does not have it.
  const auto fd = static_cast<unsigned>(queues_.ring.ring_fd);
  if (const int error = ::io_uring_register(fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0); error != 0)
    throw std::system_error(-error, std::system_category(), "io_uring_register");
  (void)::io_uring_register_ring_fd(&queues_.ring);  // Saves the kernel a look-up; it works without, too.
  begun_ = true;
}

void Ring::end() {
  if (!begun_ || std::exchange(ended_, true)) return;
  while (under_way_ > 0) {
    if (io_uring_sqe* all = next_submission()) {
      ::io_uring_prep_cancel(all, nullptr, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
      ::io_uring_sqe_set_data64(all, 0);
    }
    wait(kEndStep);
    dispatch();
  }
  (void)::io_uring_unregister_ring_fd(&queues_.ring);
}

// --- Waiting -------------------------------------------------------------------------------------

std::size_t Ring::wait(int milliseconds) {
  resubmit_receives();
  __kernel_timespec time{.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1'000'000LL};
  if (first_without_buffer_ != nullptr) time = {};
  io_uring_cqe* first = nullptr;
  const bool for_ever = milliseconds < 0 && first_without_buffer_ == nullptr;
  const int result =
      ::io_uring_submit_and_wait_timeout(&queues_.ring, &first, 1, for_ever ? nullptr : &time, nullptr);
  const bool expected =
      result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN || result == -EBUSY;
  if (!expected) throw std::system_error(-result, std::system_category(), "io_uring_enter");
  if (::io_uring_sq_ready(&queues_.ring) == 0) forget_submitted();
  return ::io_uring_cq_ready(&queues_.ring);
}

void Ring::dispatch() {
  for (unsigned left = ::io_uring_cq_ready(&queues_.ring); left > 0; --left) {
    io_uring_cqe* next = nullptr;
    if (::io_uring_peek_cqe(&queues_.ring, &next) != 0) return;
    const std::uint64_t data = next->user_data;
    const RingCompletion completion{.result = next->res, .flags = next->flags};
    ::io_uring_cqe_seen(&queues_.ring, next);
    deliver(data, completion);
  }
}

void Ring::deliver(std::uint64_t user_data, const RingCompletion& completion) {
  if (user_data == 0) return;  // Of a cancel(), which has no submitter.
  if (completion.last()) --under_way_;
  const auto operation = static_cast<RingOperation>(user_data & kOperationMask);
  // The kernel gives back the number that stands for a pointer (io_uring_sqe_set_data64(3)).
  auto* submitter =
      reinterpret_cast<RingSubmitter*>(user_data & ~kOperationMask);  // NOLINT(performance-no-int-to-ptr)
  submitter->on_completion(operation, completion);
}

void Ring::await_buffer(RingSubmitter& submitter) {
  buffers_.grow();
  submitter.next_without_buffer_ = nullptr;
  *std::exchange(last_without_buffer_, &submitter.next_without_buffer_) = &submitter;
  ++under_way_;
}

// No more of them than there are buffers: the rest would only come back.
void Ring::resubmit_receives() {
  for (std::size_t left = buffers_.free(); left > 0 && first_without_buffer_ != nullptr; --left) {
    RingSubmitter& submitter =
        *std::exchange(first_without_buffer_, first_without_buffer_->next_without_buffer_);
    if (first_without_buffer_ == nullptr) last_without_buffer_ = &first_without_buffer_;
    --under_way_;
    submitter.on_completion(RingOperation::kReceive, {.result = -EAGAIN, .flags = 0});
  }
}

// --- Submitting ----------------------------------------------------------------------------------

bool Ring::submit_all() {
  if (::io_uring_submit(&queues_.ring) < 0 || ::io_uring_sq_ready(&queues_.ring) > 0) return false;
  forget_submitted();
  return true;
}

// The kernel has copied the operation's description (IORING_FEAT_SUBMIT_STABLE).
void Ring::forget_submitted() {
  messages_.clear();
  pieces_.clear();
}

io_uring_sqe* Ring::next_submission() {
  io_uring_sqe* next = ::io_uring_get_sqe(&queues_.ring);
  if (next == nullptr && submit_all()) next = ::io_uring_get_sqe(&queues_.ring);
  return next;
}

template <class Prepare>
bool Ring::write_down(RingOperation operation, RingSubmitter& submitter, Prepare prepare) {
  io_uring_sqe* const next = next_submission();
  if (next == nullptr) return false;
  prepare(next);
  ::io_uring_sqe_set_data64(next, user_data(operation, submitter));
  ++under_way_;
  return true;
}

bool Ring::receive(int socket, RingSubmitter& submitter, bool poll_first) {
  return write_down(RingOperation::kReceive, submitter, [&](io_uring_sqe* next) {
    ::io_uring_prep_recv(next, socket, nullptr, ReceiveBuffers::kSize, 0);
    next->flags |= IOSQE_BUFFER_SELECT;
    next->buf_group = ReceiveBuffers::kGroup;
    if (poll_first) next->ioprio |= IORING_RECVSEND_POLL_FIRST;
  });
}

bool Ring::send(int socket, std::span<const iovec> pieces, RingSubmitter& submitter) {
  if (pieces.size() == 1) {
    return write_down(RingOperation::kSend, submitter, [&](io_uring_sqe* next) {
      ::io_uring_prep_send(next, socket, pieces.front().iov_base, pieces.front().iov_len, kSendNow);
    });
  }
  const bool room = messages_.size() < kSubmissions && pieces_.size() + pieces.size() <= kPieces;
  if (!room && !submit_all()) return false;
  return write_down(RingOperation::kSend, submitter, [&](io_uring_sqe* next) {
    iovec* const copied = pieces_.data() + pieces_.size();
    pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
    messages_.push_back({.msg_name = nullptr,
                         .msg_namelen = 0,
                         .msg_iov = copied,
                         .msg_iovlen = pieces.size(),
                         .msg_control = nullptr,
                         .msg_controllen = 0,
                         .msg_flags = 0});
    ::io_uring_prep_sendmsg(next, socket, &messages_.back(), kSendNow);
  });
}

bool Ring::poll_writable(int socket, RingSubmitter& submitter, bool multishot) {
  return write_down(RingOperation::kWritable, submitter, [&](io_uring_sqe* next) {
    ::io_uring_prep_poll_add(next, socket, POLLOUT);
    if (multishot) next->len |= IORING_POLL_ADD_MULTI;
  });
}

// POLLHUP, POLLERR and POLLRDHUP are always reported.
bool Ring::poll_end(int socket, RingSubmitter& submitter) {
  return write_down(RingOperation::kEnd, submitter,
                    [&](io_uring_sqe* next) { ::io_uring_prep_poll_multishot(next, socket, 0); });
}

bool Ring::poll_multishot(int fd, std::uint32_t events, RingSubmitter& submitter) {
  return write_down(RingOperation::kPoll, submitter,
                    [&](io_uring_sqe* next) { ::io_uring_prep_poll_multishot(next, fd, events); });
}

bool Ring::accept_multishot(int listener, RingSubmitter& submitter) {
  return write_down(RingOperation::kAccept, submitter, [&](io_uring_sqe* next) {
    ::io_uring_prep_multishot_accept(next, listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  });
}

bool Ring::nop(RingSubmitter& submitter) {
  return write_down(RingOperation::kNop, submitter, ::io_uring_prep_nop);
}

bool Ring::cancel(RingOperation operation, RingSubmitter& submitter) {
  io_uring_sqe* const next = next_submission();
  if (next == nullptr) return false;
  ::io_uring_prep_cancel64(next, user_data(operation, submitter), 0);
  next->flags |= IOSQE_CQE_SKIP_SUCCESS;
  ::io_uring_sqe_set_data64(next, 0);
  return true;
}

// --- Sources -------------------------------------------------------------------------------------

RingSource& Ring::keep(std::unique_ptr<RingSource> source) {
  sources_.push_back(std::move(source));
  return *sources_.back();
}

void Ring::forget(RingSource& source) {
  const auto is_it = [&source](const std::unique_ptr<RingSource>& kept) { return kept.get() == &source; };
  sources_.erase(std::find_if(sources_.begin(), sources_.end(), is_it));
}

}  // namespace pollux::net
