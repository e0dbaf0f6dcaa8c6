// A log that its callers never wait for.
//
//   any thread --append--> [ front ]           a copy under the mutex, nothing else
//                              | swap          two strings change places, under the mutex
//   writer     --step----> [ back  ] --> target(back), without the mutex
//
// The writer takes all lines by exchanging two strings, so the mutex is held for a copy or an exchange, never
// for the disk. What has no room is dropped and counted, and the log says so.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

class AsyncLog {
 public:
  using Target = std::function<void(std::string_view lines)>;  // May take its time.

  AsyncLog(Target target, std::size_t capacity) : target_(std::move(target)), capacity_(capacity) {}

  // Any thread. `line` ends in '\n'.
  void append(std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (line.size() > capacity_ - front_.size()) {
      ++dropped_;
    } else {
      front_.append(line);
    }
  }

  // The writer thread, again and again. false: there was nothing to write, and the target was not called.
  bool step() {
    std::size_t dropped = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      back_.swap(front_);
      dropped = std::exchange(dropped_, 0);
    }
    if (dropped > 0) back_.append(std::to_string(dropped) + " lines dropped\n");
    if (back_.empty()) return false;
    target_(back_);
    back_.clear();  // Keeps its memory for the next exchange.
    return true;
  }

 private:
  const Target target_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::string front_;        // Guarded by mutex_,
  std::size_t dropped_ = 0;  // and so is this.
  std::string back_;         // Of the writer thread.
};
