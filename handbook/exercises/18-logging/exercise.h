// A log that its callers never wait for.
//
//   any thread --append--> [ front ]           a copy under the mutex, nothing else
//                              | swap          two strings change places, under the mutex
//   writer     --step----> [ back  ] --> target(back), without the mutex
//
// This version writes under the mutex: while the disk is slow, append() waits for it, and so does every
// thread that logs. It also takes any amount of memory. Mend append() and step():
//  - at most `capacity` octets wait in front; a line that has no room is dropped whole, and counted;
//  - the target is called without the mutex, once for all lines that wait, in their order;
//  - when lines were dropped since the last step, that step writes "N lines dropped\n" behind the lines it
//    writes, and the line does not count towards the capacity.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

class AsyncLog {
 public:
  using Target = std::function<void(std::string_view lines)>;  // May take its time.

  AsyncLog(Target target, std::size_t capacity) : target_(std::move(target)), capacity_(capacity) {}

  // Any thread. `line` ends in '\n'.
  void append(std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    front_.append(line);
  }

  // The writer thread, again and again. false: there was nothing to write, and the target was not called.
  bool step() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (front_.empty()) return false;
    target_(front_);
    front_.clear();
    return true;
  }

 private:
  const Target target_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::string front_;  // Guarded by mutex_.
};
