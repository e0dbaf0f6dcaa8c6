#include "bench/limit_buffers.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

#include "bench/limit_server.h"

namespace pollux::bench {

ReceiveBuffers::ReceiveBuffers(io_uring& ring, unsigned count, unsigned size)
    : count_(count), size_(size), octets_(static_cast<std::size_t>(count) * size) {
  void* mapped = ::mmap(nullptr, count * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                        MAP_ANONYMOUS | MAP_PRIVATE | MAP_POPULATE, -1, 0);
  if (mapped == MAP_FAILED) fail("mmap", errno);
  ring_ = static_cast<io_uring_buf_ring*>(mapped);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(mapped);
  registration.ring_entries = count;
  registration.bgid = kGroup;
  if (const int error = io_uring_register_buf_ring(&ring, &registration, 0); error != 0) {
    ::munmap(mapped, count * sizeof(io_uring_buf));
    fail("io_uring_register_buf_ring", -error);
  }
  io_uring_buf_ring_init(ring_);
  for (unsigned i = 0; i < count; ++i) add(i);
  publish();
}

ReceiveBuffers::~ReceiveBuffers() { ::munmap(ring_, count_ * sizeof(io_uring_buf)); }

std::string_view ReceiveBuffers::octets_of(const io_uring_cqe& received) const {
  return {octets_.data() + static_cast<std::size_t>(index_of(received)) * size_,
          static_cast<std::size_t>(received.res)};
}

void ReceiveBuffers::give_back(const io_uring_cqe& received) { add(index_of(received)); }

void ReceiveBuffers::publish() {
  io_uring_buf_ring_advance(ring_, unpublished_);
  unpublished_ = 0;
}

void ReceiveBuffers::add(unsigned index) {
  io_uring_buf_ring_add(ring_, octets_.data() + static_cast<std::size_t>(index) * size_, size_,
                        static_cast<unsigned short>(index), io_uring_buf_ring_mask(count_), unpublished_++);
}

}  // namespace pollux::bench
