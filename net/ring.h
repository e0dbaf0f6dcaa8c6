// An io_uring(7): the program queues operations, the kernel carries them out, and completions report the
// results. This is what "proactor" means: an event says that an operation is done, not that it is possible.
//
//   receive(), send(), ... --> submission queue --.          .--> completion queue --> dispatch()
//                                                 wait(): one                             |
//                                              io_uring_enter(2)     RingSubmitter::on_completion() <--'
//
// The system call that waits also submits every operation queued since the last one. So an iteration of the
// loop costs one call, however many connections it serves.
//
// A submitter must stay alive until the last completion of each of its operations, and so must the memory
// that the operation reads or writes. end() waits for all of them.
//
// Received octets land in buffers that all connections of the ring share (net/receive_buffers.h): a
// connection that waits for its client holds none. When no buffer is left, the operation waits for the next
// one to be given back; nothing is lost, and nothing spins.
//
// Requires Linux 6.1: with SINGLE_ISSUER and DEFER_TASKRUN, completions come to this thread alone, and only
// while it waits.
//
// Thread: construction, and submissions before begin(), on any one thread; after that, all calls on the
// thread that called begin().
#pragma once

#include <liburing.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/receive_buffers.h"

namespace pollux::net {

// Also the number of a bit of RingWire::under_way_.
enum class RingOperation : std::uint8_t { kReceive, kSend, kWritable, kEnd, kPoll, kAccept, kNop };

struct RingCompletion {
  int result;           // As of the system call; -errno when it has failed.
  std::uint32_t flags;  // IORING_CQE_F_…

  [[nodiscard]] bool last() const { return (flags & IORING_CQE_F_MORE) == 0; }
};

// Gets the completions of its operations. At most one operation of each kind is pending.
class RingSubmitter {
 public:
  RingSubmitter() = default;
  RingSubmitter(const RingSubmitter&) = delete;
  RingSubmitter& operator=(const RingSubmitter&) = delete;
  virtual ~RingSubmitter() = default;

  virtual void on_completion(RingOperation operation, const RingCompletion& completion) = 0;

 private:
  friend class Ring;
  RingSubmitter* next_without_buffer_ = nullptr;  // In the ring's list.
};

struct RingOptions {
  std::size_t receive_buffers = 256;
};

class RingSource;

class Ring {
 public:
  // Throws std::runtime_error with the reason and the remedy.
  explicit Ring(const RingOptions& options);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  void begin();
  // Cancels all pending operations and waits for their completions. Submitters get these, and must submit no
  // more.
  void end();
  [[nodiscard]] bool ended() const { return ended_; }

  // Submits, then waits for a completion, for `milliseconds` at most; -1: without limit. Returns the number
  // of completions. Throws std::system_error.
  std::size_t wait(int milliseconds);
  void dispatch();

  // --- Operations. false: the queue is full and the kernel takes nothing from it; no completion will come.

  // The completion has the octets in one of buffers(). `poll_first`: the socket was drained a moment ago, so
  // trying before it is readable is useless.
  [[nodiscard]] bool receive(int socket, RingSubmitter& submitter, bool poll_first);
  // After a receive() that found no buffer: `submitter` gets another completion, -EAGAIN, when a buffer is
  // free.
  void await_buffer(RingSubmitter& submitter);
  // Sends as much as the socket takes now. The iovecs are copied, the memory they point to is not.
  [[nodiscard]] bool send(int socket, std::span<const iovec> pieces, RingSubmitter& submitter);
  // Completes when the socket takes octets again. The client's half-close completes it as well (POLLRDHUP),
  // and would then do so at once each time. `multishot`: it completes again only when something changes,
  // until it is cancelled.
  [[nodiscard]] bool poll_writable(int socket, RingSubmitter& submitter, bool multishot);
  // Multishot: reports the client's half-close, and the loss of the connection (POLLHUP, POLLERR).
  [[nodiscard]] bool poll_end(int socket, RingSubmitter& submitter);
  [[nodiscard]] bool poll_multishot(int fd, std::uint32_t events, RingSubmitter& submitter);  // As EPOLLET.
  [[nodiscard]] bool accept_multishot(int listener, RingSubmitter& submitter);
  [[nodiscard]] bool nop(RingSubmitter& submitter);  // Completes at once.

  // The operation then completes soon, perhaps with ECANCELED.
  [[nodiscard]] bool cancel(RingOperation operation, RingSubmitter& submitter);

  [[nodiscard]] ReceiveBuffers& buffers() { return buffers_; }

  // --- Multishot operations that outlive the object that began them (net/ring_source.h).

  RingSource& keep(std::unique_ptr<RingSource> source);
  void forget(RingSource& source);  // It has ended, and the kernel has no operation of it.

 private:
  static constexpr unsigned kSubmissions = 1024;      // A full queue is submitted early.
  static constexpr unsigned kCompletions = 4 * 1024;  // The kernel keeps what exceeds this.
  static constexpr std::size_t kPieces = 8 * 1024;

  [[nodiscard]] io_uring_sqe* next_submission();  // nullptr: the kernel takes nothing.
  template <class Prepare>
  [[nodiscard]] bool write_down(RingOperation operation, RingSubmitter& submitter, Prepare prepare);
  [[nodiscard]] bool submit_all();
  void forget_submitted();
  void deliver(std::uint64_t user_data, const RingCompletion& completion);
  void resubmit_receives();

  struct Queues {
    Queues();
    Queues(const Queues&) = delete;
    Queues& operator=(const Queues&) = delete;
    ~Queues();
    io_uring ring{};
  };

  Queues queues_;  // The submission queue and the completion queue, shared with the kernel.
  ReceiveBuffers buffers_;
  std::vector<msghdr> messages_;                   // Of queued operations that are not yet submitted.
  std::vector<iovec> pieces_;                      // The same.
  RingSubmitter* first_without_buffer_ = nullptr;  // A list, in order: their receives got ENOBUFS.
  RingSubmitter** last_without_buffer_ = &first_without_buffer_;  // Where the next one is appended.
  std::vector<std::unique_ptr<RingSource>> sources_;
  std::size_t under_way_ = 0;  // Operations whose last completion has not come.
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace pollux::net
