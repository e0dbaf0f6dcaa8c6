// One budget for the buffers of all connections of a server together: input, bodies, messages and output.
//
// Limits for one connection do not bound ten thousand: 10,000 bodies of 1 MiB are each within the limits, and
// together more than the machine has. So each connection has a Charge and tells it how many bytes it holds.
// When the total comes near the limit, the charge answers that this connection must wait; beyond the limit,
// that it must go. This applies to the connections that hold most:
//
//   total of all charges    the answer
//   --------------------    ----------------------------------------------------------------------------
//   up to 3/4 of the limit  kNone for all
//   up to the limit         kHold for the largest ones, which together hold half of the total
//   beyond it               kShed for as many of the largest ones as must go; kHold for the rest as above
//
// A held connection is not read from, so TCP slows its client down; it asks again later. A connection that is
// shed frees its memory, and the next one that asks finds a smaller total.
//
// Small connections are never touched. A charge counts whole steps of 16 KiB, rounded down: a connection
// below the first step touches no shared memory at all, and the answer is always kNone. The bytes that are
// not counted are at most 16 KiB for each connection, which max_connections bounds.
//
// The largest ones are found without a list of connections. Charges are summed in size classes, one for each
// power of two of steps. A class is held, or shed, unless the classes above it hold enough already:
//
//   sums_   | 16 KiB | 32 KiB | 64 KiB | ... | 1 MiB | 2 MiB | ...
//            <----- kNone ----><------ kHold -------><--- kShed --->
//
// The answer is the same for a whole class, but each connection gets it separately: once enough have gone,
// the rest of the class may stay. An idle connection does not ask, so while level() is kShed, each loop must
// ask on behalf of its connections now and then.
//
// Thread: the budget is thread-safe. A charge belongs to the thread that holds its connection.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pollux {

class MemoryBudget {
 public:
  static constexpr std::size_t kStep = 16 * 1024;  // Bytes.

  enum class Pressure : std::uint8_t {
    kNone,
    kHold,  // Read nothing for now.
    kShed,  // Free the memory: respond with an error, or close.
  };

  // The memory of one connection.
  class Charge {
   public:
    explicit Charge(MemoryBudget& budget) : budget_(budget) {}  // Must outlive the charge.
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;
    ~Charge() { (void)update(0); }

    // `bytes`: everything that the connection holds now.
    Pressure update(std::size_t bytes) {
      const std::size_t steps = bytes / kStep;
      if (steps != steps_) {
        budget_.change(steps_, steps);
        steps_ = steps;
      }
      return pressure();
    }

    [[nodiscard]] bool counts() const { return steps_ != 0; }  // It holds at least one step.

    // The answer for the amount of the last update(), again.
    [[nodiscard]] Pressure pressure() const {
      return steps_ == 0 ? Pressure::kNone : budget_.pressure_on(steps_);
    }

   private:
    MemoryBudget& budget_;
    std::size_t steps_ = 0;
  };

  // `limit`: in bytes.
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  [[nodiscard]] std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  void set_limit(std::uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }  // Bytes.

  // The worst answer that any charge can get.
  [[nodiscard]] Pressure level() const;

 private:
  static constexpr std::size_t kClasses = 32;

  [[nodiscard]] static std::size_t class_of(std::size_t steps);
  void change(std::size_t from, std::size_t to);  // Steps.
  [[nodiscard]] Pressure pressure_on(std::size_t steps) const;

  std::atomic<std::uint64_t> limit_;
  // Sums of bytes. Relaxed: they publish nothing, and a charge subtracts exactly what it has added.
  std::atomic<std::uint64_t> total_{0};
  std::array<std::atomic<std::uint64_t>, kClasses> sums_{};
};

}  // namespace pollux
