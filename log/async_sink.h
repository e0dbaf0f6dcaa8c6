// Collects lines in memory, and one background thread writes them to another sink, so that a thread that
// serves requests never waits for a disk.
//
//   any thread --append--> [ front ]            under the mutex: a copy of the line, nothing else
//                              | swap           under the mutex: two pointers
//                          [ back  ] --write--> target       writer thread, no lock held
//
// This is TinyWebServer's block_queue, done with two buffers that change places. The queue allocates a
// std::string for each line, and wakes the writer for each line, which writes it with one system call. Here a
// line is a memcpy into an existing buffer. The first line after a pause wakes the writer, which collects for
// a moment, and then needs one swap and a few large writes for all lines. A worker holds the lock for a short
// copy, the writer for an exchange of pointers. When block_queue is full, the caller writes the line itself,
// out of order and at the speed of the disk. Here the line is dropped and counted, and the log says how many
// are missing.
//
// Bounded: both buffers together hold `capacity` octets, allocated once. An orderly exit loses nothing:
// close() writes everything, for `exit_limit` at most.
//
// Thread: any; close() and the destructor only when no other thread uses the sink. The writer thread blocks
// all signals except those about itself, so they reach the thread that waits for them. Start it after
// fork(2): threads do not survive that.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "log/sink.h"

namespace pollux::log {

struct AsyncSinkOptions {
  std::size_t capacity = std::size_t{4} * 1024 * 1024;  // Octets.
  milliseconds collect{50};                             // How long a line may wait for more lines.
  milliseconds flush_limit{5000};  // flush() returns by then, even if the target is stuck.
  milliseconds exit_limit{5000};   // close() gives up then, except for a write that has begun.
  Report report;                   // Empty: lines among the others.
};

class AsyncSink final : public Sink {
 public:
  // Throws std::system_error when no thread can be started.
  AsyncSink(std::unique_ptr<Sink> target, AsyncSinkOptions options);
  AsyncSink(const AsyncSink&) = delete;
  AsyncSink& operator=(const AsyncSink&) = delete;
  ~AsyncSink() override { AsyncSink::close(); }

  void write(std::string_view lines) noexcept override EXCLUDES(mutex_);
  void flush() noexcept override EXCLUDES(mutex_);

  // REQUIRES: no other thread writes any more. Stops the writer when it has written everything.
  Lost close() noexcept override EXCLUDES(mutex_);

  // Returns at once. The writer writes earlier lines to the old file, then reopens.
  void reopen() noexcept override EXCLUDES(mutex_);

  void set_rotation(const Rotation& rotation) noexcept override { target_->set_rotation(rotation); }

  // Lines dropped here, or lost by the target.
  [[nodiscard]] Lost lost() const noexcept override;
  [[nodiscard]] bool reaches_stderr() const noexcept override { return target_->reaches_stderr(); }

 private:
  // The work of one iteration of the writer thread, beside writing the back buffer.
  struct Turn {
    Lost dropped;
    std::uint64_t flush_ticket = 0;
    bool flush = false;
    bool reopen = false;
    bool last = false;
  };

  void run();
  [[nodiscard]] Turn next_turn() EXCLUDES(mutex_);
  [[nodiscard]] Lost write_back();
  [[nodiscard]] bool out_of_time() EXCLUDES(mutex_);
  [[nodiscard]] Lost count_drop(std::string_view lines) noexcept;
  void tell_dropped(const Lost& dropped);

  // Constant after construction.
  const std::unique_ptr<Sink> target_;
  const AsyncSinkOptions options_;
  const std::size_t half_;  // Octets that each buffer may hold.

  Mutex mutex_;
  CondVar work_;     // For the writer: idle_ or hurry_ changed.
  CondVar flushed_;  // For flush(): flush_done_ changed.
  std::string front_ GUARDED_BY(mutex_);
  bool idle_ GUARDED_BY(mutex_) = false;   // The writer sleeps until the next line.
  bool hurry_ GUARDED_BY(mutex_) = false;  // No more collecting: half full, or flush() was called.
  bool reopen_ GUARDED_BY(mutex_) = false;
  bool stop_ GUARDED_BY(mutex_) = false;
  TimePoint give_up_ GUARDED_BY(mutex_);  // Only when stop_.
  std::uint64_t flush_wanted_ GUARDED_BY(mutex_) = 0;
  std::uint64_t flush_done_ GUARDED_BY(mutex_) = 0;
  Lost dropped_ GUARDED_BY(mutex_);  // Not yet reported.

  std::string back_;  // For the writer thread; next_turn() swaps it with front_.

  // Counters for lost(); relaxed, as nothing is published with them.
  std::atomic<std::uint64_t> lost_lines_{0};
  std::atomic<std::uint64_t> lost_octets_{0};

  std::thread writer_;  // Last: it uses all members above.
};

}  // namespace pollux::log
