// A pool of buffers: a receive of the ring takes one when it has octets to deliver ("provided buffers",
// io_uring_register_buf_ring(3)). So a waiting client holds no buffer.
//
// A receive that finds the pool empty completes with ENOBUFS. liburing 2.3 has no io_uring_setup_buf_ring, so
// memory is mapped and registered here.
//
// Does not own the ring. Thread: that of the ring, but for the constructor.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace pollux::bench {

class ReceiveBuffers {
 public:
  static constexpr int kGroup = 0;  // For sqe->buf_group.

  // `count` buffers of `size` octets; `count` is a power of two. Throws std::system_error.
  ReceiveBuffers(io_uring& ring, unsigned count, unsigned size);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;
  ~ReceiveBuffers();  // REQUIRES: the ring has been closed.

  // The octets received into the buffer that the completion names. Valid until give_back().
  [[nodiscard]] std::string_view octets_of(const io_uring_cqe& received) const;

  // Returns that buffer to the pool. The kernel can use it after the next publish().
  void give_back(const io_uring_cqe& received);
  void publish();

 private:
  static unsigned index_of(const io_uring_cqe& received) { return received.flags >> IORING_CQE_BUFFER_SHIFT; }
  void add(unsigned index);

  unsigned count_;
  unsigned size_;
  io_uring_buf_ring* ring_;
  std::vector<char> octets_;
  int unpublished_ = 0;
};

}  // namespace pollux::bench
