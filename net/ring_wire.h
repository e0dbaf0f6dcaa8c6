// A Wire by completion: operations are submitted to a ring (net/ring.h), which reports when they are done.
//
//   await(kInput)   submits a receive; the octets wait here for receive()
//   flush()         submits a send of what the transport lends; the next flush() counts what was sent
//   await(kRoom)    the send's completion is the event; after a short one, submits a poll for POLLOUT
//   await(kSilence) submits a poll for the end of the connection
//
// So a response takes two calls of flush(), and the first one always returns kBlocked. A send ends with what
// the socket takes now, so memory lent to the kernel comes back soon: nothing is pinned for a client that
// does not read.
//
// Only one send is pending at a time, or octets would overtake each other. Only one receive is pending at a
// time, so a fast sender costs one buffer at most. Input that arrives while none is wanted is copied, and its
// buffer is given back.
//
// close() and reset() cancel the pending operations, and the socket is closed after the last completion. So
// no operation of ours can meet a descriptor number that another connection uses by then.
//
// Thread: the ring's.
#pragma once

#include <memory>
#include <span>

#include "base/buffer.h"
#include "net/ring.h"
#include "net/wire.h"

namespace pollux::net {

class RingWire final : public Wire, private RingSubmitter {
 public:
  // `socket`: connected, non-blocking. All references must outlive it.
  RingWire(Ring& ring, UniqueFd socket, Handler& handler);

  void receive(Transport& transport, bool end) override;
  [[nodiscard]] Flushed flush(Transport& transport) override;
  [[nodiscard]] bool await(Interest interest, bool anew) override;
  [[nodiscard]] Interest interest() const override { return interest_; }
  [[nodiscard]] bool has_unread() const override { return something_came() || has_octets(socket_.get()); }
  [[nodiscard]] bool shut_down(Transport& transport) override;
  void close(Transport& transport) override;
  void reset() override;
  [[nodiscard]] bool at_rest() const override { return under_way_ == 0; }
  void trace_event(const Event& event) const override;
  [[nodiscard]] int fd() const override { return socket_.get(); }

 private:
  void on_completion(RingOperation operation, const RingCompletion& completion) override;
  void on_received(const RingCompletion& completion);
  void on_sent(int result);
  void on_writable(const RingCompletion& completion);
  void take_early(std::span<const char> octets);
  void tell(RingOperation operation, int result);
  [[nodiscard]] bool something_came() const { return !arrived_.empty() || early_ || error_ != 0 || end_; }

  [[nodiscard]] bool is_under_way(RingOperation operation) const {
    return (under_way_ & bit(operation)) != 0;
  }
  // flush() has something to do: a send has completed, or can be submitted, or the connection is over.
  [[nodiscard]] bool may_flush() const {
    return error_ != 0 || sent_known_ || (!full_ && !is_under_way(RingOperation::kSend));
  }
  [[nodiscard]] static std::uint8_t bit(RingOperation operation) {
    static_assert(static_cast<unsigned>(RingOperation::kNop) < 8, "under_way_ has a bit for the last one");
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(operation));
  }
  // `taken`: whether the ring accepted the operation. Returns it.
  bool begun(RingOperation operation, bool taken) {
    if (taken) under_way_ |= bit(operation);
    return taken;
  }
  [[nodiscard]] bool submit_receive();
  [[nodiscard]] bool submit_nop();
  [[nodiscard]] bool submit_poll_writable(bool multishot);
  [[nodiscard]] bool submit_poll_end();
  void say_end(Transport& transport);
  void end();
  void cancel_all();
  void close_at_rest();

  Ring& ring_;
  Handler& handler_;
  UniqueFd socket_;
  std::span<char> arrived_;        // In one of the ring's buffers, while the handler is called.
  std::unique_ptr<Buffer> early_;  // Input that arrived while none was wanted.
  std::uint32_t lent_ = 0;         // Octets of the last send.
  int error_ = 0;                  // From the last receive, or from a ring that refused an operation.
  int sent_ = 0;                   // By the last send, or -errno.
  Interest interest_ = Interest::kSilence;
  std::uint8_t under_way_ = 0;  // A bit for each RingOperation.
  bool sent_known_ = false;     // sent_ was not yet passed to the transport.
  bool end_ = false;            // The client's end of input.
  bool poll_first_ = false;     // The last receive drained the socket.
  bool full_ = false;           // The last send filled the socket.
  bool closed_ = false;
};

}  // namespace pollux::net
