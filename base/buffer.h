// A contiguous buffer for received octets: appended at the back, consumed from the front.
//
//   +-----------+--------------------+------------------+
//   | consumed  |      readable      |     writable     |
//   +-----------+--------------------+------------------+
//   0        begin_                end_             capacity_
//
// Views of readable() stay valid until the next prepare(), append(), trim() or release(); consuming does not
// move anything, so a request parsed in place can be used after it was consumed.
//
// Growing costs amortised O(1) for each octet. A small buffer doubles; beyond kSmall a buffer grows by a
// quarter of its content, so its capacity is at most 1.25 times its content, or what one prepare() has asked
// for. 16 KiB is eight reads of the usual size: below that, a quarter would be less room than one prepare()
// asks for, and each read would grow the buffer again.
//
// Between pin() and unpin() the kernel may be reading the readable() octets (io_uring(7)): they are neither
// moved nor freed, whatever is appended meanwhile.
//
// The octets may be secret: wipe() overwrites those that are no longer needed. A small buffer that grows
// overwrites the memory that it leaves, unless that is pinned.
//
// Thread: none of its own; used by the thread that holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace pollux {

class Buffer {
 public:
  static constexpr std::size_t kSmall = 16 * 1024;  // Bytes.

  [[nodiscard]] std::string_view readable() const { return {data_.get() + begin_, size()}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // REQUIRES: octets <= size().
  void consume(std::size_t octets) { begin_ += static_cast<std::uint32_t>(octets); }

  // Returns room for at least `octets` more; the caller writes into it and then commits the written octets.
  // Throws std::length_error when the buffer would exceed 4 GiB.
  [[nodiscard]] std::span<char> prepare(std::size_t octets);
  void commit(std::size_t octets) { end_ += static_cast<std::uint32_t>(octets); }

  void append(std::string_view octets);

  // REQUIRES: nothing is consumed meanwhile; unpin() before the end.
  void pin() { pinned_ = true; }
  void unpin();

  // Gives back the unused memory of a buffer beyond kSmall that uses less than half of it, unless it is
  // pinned.
  void trim() {
    if (!pinned_ && capacity_ > kSmall && size() < capacity_ / 2) shrink_to_fit();
  }

  // Overwrites consumed octets and unused memory. Views of consumed octets become invalid.
  void wipe();

  // Frees the memory. REQUIRES: empty().
  void release();

 private:
  [[nodiscard]] std::size_t grown_capacity(std::size_t octets) const;
  void move_to(std::size_t capacity);
  void shrink_to_fit();

  std::unique_ptr<char[]> data_;
  std::unique_ptr<char[]> pinned_data_;  // The data_ that was pinned, if the buffer has grown since.
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t capacity_ = 0;
  bool pinned_ = false;
};

}  // namespace pollux
