// The buffers that a ring receives into, shared by all its connections (io_uring_register_buf_ring(3)).
//
//   kernel <-- all of them --- give_back() <-.
//     |                                      | a moment later: the octets were copied
//     '-- a receive has completed --> of() --'
//
// The kernel takes one when octets have come, so a connection that waits holds none. They are given back
// before the loop waits again.
//
// The kernel takes them in turn, so all that it knows become resident. It is told of a few, and of twice as
// many each time they were too few.
//
// What was received may be a secret: it is overwritten.
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

  // `count`: rounded up to a power of two. Throws std::exception with a message for people. REQUIRES: at
  // most kMax.
  ReceiveBuffers(io_uring& ring, std::size_t count);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // The octets of a completion. REQUIRES: it has a buffer (result > 0).
  [[nodiscard]] std::span<char> of(int result, std::uint32_t flags);
  // REQUIRES: what of() has returned, whole.
  void give_back(std::span<char> octets);

  void grow();  // They were too few. Does nothing when the kernel knows them all.

  [[nodiscard]] std::size_t free() const { return offered_ - taken_; }  // Of those that the kernel knows.

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
  std::size_t offered_ = 0;  // The first so many.
  std::size_t taken_ = 0;    // Of these.
  Mapping<char> memory_;
  Mapping<io_uring_buf_ring> ring_;
};

}  // namespace pollux::net
