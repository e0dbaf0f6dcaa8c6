#include "net/receive_buffers.h"

#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>

#include "net/ring_refusal.h"

namespace pollux::net {

namespace {

void* map(std::size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "receive buffers");
  return memory;
}

}  // namespace

void ReceiveBuffers::Unmap::operator()(void* memory) const { (void)::munmap(memory, size); }

ReceiveBuffers::ReceiveBuffers(io_uring& ring, std::size_t count)
    : count_(std::bit_ceil(count)),
      memory_(static_cast<char*>(map(count_ * kSize)), Unmap{count_ * kSize}),
      ring_(static_cast<io_uring_buf_ring*>(map(count_ * sizeof(io_uring_buf))),
            Unmap{count_ * sizeof(io_uring_buf)}) {
  ::io_uring_buf_ring_init(ring_.get());
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(ring_.get());
  registration.ring_entries = static_cast<std::uint32_t>(count_);
  registration.bgid = kGroup;
  if (const int error = ::io_uring_register_buf_ring(&ring, &registration, 0); error != 0)
    throw ring_refusal(-error);
  offer_up_to(std::min(kFirst, count_));
}

void ReceiveBuffers::grow() { offer_up_to(std::min(2 * offered_, count_)); }

void ReceiveBuffers::offer_up_to(std::size_t count) {
  while (offered_ < count) offer(offered_++);
}

void ReceiveBuffers::offer(std::size_t number) {
  const int mask = ::io_uring_buf_ring_mask(static_cast<std::uint32_t>(count_));
  ::io_uring_buf_ring_add(ring_.get(), memory_.get() + number * kSize, kSize,
                          static_cast<std::uint16_t>(number), mask, 0);
  ::io_uring_buf_ring_advance(ring_.get(), 1);
}

std::span<char> ReceiveBuffers::of(int result, std::uint32_t flags) {
  ++taken_;
  const std::size_t number = flags >> IORING_CQE_BUFFER_SHIFT;
  return {memory_.get() + number * kSize, static_cast<std::size_t>(result)};
}

void ReceiveBuffers::give_back(std::span<char> octets) {
  ::explicit_bzero(octets.data(), octets.size());
  --taken_;
  offer(static_cast<std::size_t>(octets.data() - memory_.get()) / kSize);
}

}  // namespace pollux::net
