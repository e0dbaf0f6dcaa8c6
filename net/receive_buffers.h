// The buffers that a ring receives into, shared by all its connections (io_uring_register_buf_ring(3)).
//
//   kernel <-- all of them --- give_back() <-.
//     |                                      | a moment later: the octets were copied
//     '-- a receive has completed --> of() --'
//
// The kernel picks a buffer when octets arrive, so a waiting connection holds none. The loop gives buffers
// back before it waits again.
//
// The kernel uses the buffers in turn, so every one that it knows becomes resident. It is offered a few at
// first, and twice as many each time they run out.
//
// Received octets may be secret, so they are overwritten.
//
// Thread: the ring's.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace pollux::net {

class ReceiveBuffers {
 public:
  static constexpr std::size_t kSize = 16UL * 1024;  // Octets of each.
  static constexpr std::uint16_t kGroup = 0;
  static constexpr std::size_t kMax = 32UL * 1024;  // The kernel's limit.

  // `count`: rounded up to a power of two. REQUIRES: at most kMax. Throws std::exception with a message for
  // people.
  ReceiveBuffers(io_uring& ring, std::size_t count);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // The octets of a completion. REQUIRES: the completion has a buffer (result > 0).
  [[nodiscard]] std::span<char> of(int result, std::uint32_t flags);
  // REQUIRES: exactly what of() has returned.
  void give_back(std::span<char> octets);

  void grow();  // Offers the kernel more after a shortage. Does nothing when it knows them all.

  [[nodiscard]] std::size_t free() const { return offered_ - taken_; }  // Known to the kernel.

 private:
  struct Unmap {
    std::size_t size;
    void operator()(void* memory) const;
  };
  template <class T>
  using Mapping = std::unique_ptr<T, Unmap>;

  static constexpr std::size_t kFirst = 16;

  void offer(std::size_t number);
  void offer_up_to(std::size_t count);

  std::size_t count_;
  std::size_t offered_ = 0;  // The kernel knows this many, from the first.
  std::size_t taken_ = 0;    // This many of them are in use.
  Mapping<char> memory_;
  Mapping<io_uring_buf_ring> ring_;
};

}  // namespace pollux::net
