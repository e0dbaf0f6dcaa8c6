// An io_uring(7): operations are written down, the kernel carries them out, and what has become of them comes
// back. This is what "proactor" means: nobody is told that an operation is possible, only that it is done.
//
//   receive(), send(), ... --> submission queue --.          .--> completion queue --> dispatch()
//                                                 wait(): one                             |
//                                              io_uring_enter(2)     RingSubmitter::on_completion() <--'
//
// The system call that waits hands over everything that was written down since the last one, so a turn of the
// loop costs one call, however many connections it serves.
//
// Whoever submits stays where it is until each operation's last completion has come, and so does what the
// operation reads or writes. end() sees to that for all of them.
//
// Received octets land in buffers that all connections of the ring share (net/receive_buffers.h): one that
// waits for its client holds none. When there is none left, an operation waits for the next one that is given
// back; nothing is lost, and nothing spins.
//
// It needs Linux 6.1: SINGLE_ISSUER and DEFER_TASKRUN have completions come to this thread alone, and only
// while it waits.
//
// Thread: construction, and what is submitted before begin(), on any one; then all on the one that called
// begin().
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

// Gets the completions of its operations. At most one of each kind is under way.
class RingSubmitter {
 public:
  RingSubmitter() = default;
  RingSubmitter(const RingSubmitter&) = delete;
  RingSubmitter& operator=(const RingSubmitter&) = delete;
  virtual ~RingSubmitter() = default;

  virtual void on_completion(RingOperation operation, const RingCompletion& completion) = 0;

 private:
  friend class Ring;
  RingSubmitter* next_without_buffer_ = nullptr;  // Of the ring's list.
};

struct RingOptions {
  std::size_t receive_buffers = 256;
};

class RingSource;

class Ring {
 public:
  // Throws std::runtime_error that says why there is none, and what to do.
  explicit Ring(const RingOptions& options);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  void begin();
  // Cancels whatever is under way, and waits for it. Submitters get their completions, and submit no more.
  void end();
  [[nodiscard]] bool ended() const { return ended_; }

  // Submits, then waits until something has completed, for `milliseconds` at most; -1: for ever. Returns how
  // many completions there are. Throws std::system_error.
  std::size_t wait(int milliseconds);
  void dispatch();

  // --- Operations. false: the queue is full and the kernel takes nothing from it; no completion will come.

  // Its completion has the octets in a buffer of buffers(). `poll_first`: the socket was drained a moment
  // ago, so there is no use in trying before it is readable.
  [[nodiscard]] bool receive(int socket, RingSubmitter& submitter, bool poll_first);
  // After a receive() that found no buffer: `submitter` gets another completion, -EAGAIN, when one is free.
  void await_buffer(RingSubmitter& submitter);
  // As much as the socket takes now. The pieces are copied, what they point to is not.
  [[nodiscard]] bool send(int socket, std::span<const iovec> pieces, RingSubmitter& submitter);
  // Until the socket takes octets again. The client's half-close completes it as well (POLLRDHUP), and would
  // do so at once each time: `multishot`, it completes again only when something changes, until cancelled.
  [[nodiscard]] bool poll_writable(int socket, RingSubmitter& submitter, bool multishot);
  // Multishot: tells the client's half-close, and that nobody is there any more (POLLHUP, POLLERR).
  [[nodiscard]] bool poll_end(int socket, RingSubmitter& submitter);
  [[nodiscard]] bool poll_multishot(int fd, std::uint32_t events, RingSubmitter& submitter);  // As EPOLLET.
  [[nodiscard]] bool accept_multishot(int listener, RingSubmitter& submitter);
  [[nodiscard]] bool nop(RingSubmitter& submitter);  // Completes at once.

  // The operation completes soon, maybe with ECANCELED.
  [[nodiscard]] bool cancel(RingOperation operation, RingSubmitter& submitter);

  [[nodiscard]] ReceiveBuffers& buffers() { return buffers_; }

  // --- Multishot operations that outlive whoever began them (net/ring_source.h).

  RingSource& keep(std::unique_ptr<RingSource> source);
  void forget(RingSource& source);  // It has ended, and nothing of it is under way.

 private:
  static constexpr unsigned kSubmissions = 1024;      // Handed over early when there are more.
  static constexpr unsigned kCompletions = 4 * 1024;  // The kernel keeps what is beyond.
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
  std::vector<msghdr> messages_;                   // Of what is written down and not yet handed over.
  std::vector<iovec> pieces_;                      // The same.
  RingSubmitter* first_without_buffer_ = nullptr;  // A list, in order, of those whose receives got ENOBUFS.
  RingSubmitter** last_without_buffer_ = &first_without_buffer_;  // Where the next one goes.
  std::vector<std::unique_ptr<RingSource>> sources_;
  std::size_t under_way_ = 0;  // Operations whose last completion has not come.
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace pollux::net
