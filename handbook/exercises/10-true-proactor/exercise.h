// The sending half of a connection whose sends are done by the kernel, as io_uring does them: send() only
// submits, and the completion comes later. Until then the kernel may read the memory at any time.
//
// This version is written as if a send were done when send() returns. Mend it, so that
//
// - one send at most is under way, and all that was queued meanwhile leaves with the next one;
// - a send may take less than all: the rest leaves first, in order;
// - memory that is under way is not changed, moved or freed until the completion, whatever is queued
//   meanwhile, and also after close();
// - after close() nothing is submitted any more, and at_rest() tells when the kernel has given everything
//   back: only then may the connection be destroyed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

class Kernel {
 public:
  virtual ~Kernel() = default;
  // Submits a send. Some time later its completion is told by Sender::on_sent().
  virtual void send(const char* octets, std::size_t size) = 0;
};

class Sender {
 public:
  explicit Sender(Kernel& kernel) : kernel_(kernel) {}
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Copies the octets and sees to it that they are sent. Does nothing after close().
  void queue(std::string_view octets) {
    output_ += octets;
    kernel_.send(output_.data(), output_.size());
  }

  // The completion: so many octets of the submitted ones were taken.
  void on_sent(std::size_t taken) { output_.erase(0, taken); }

  void close() {
    output_.clear();
    output_.shrink_to_fit();
    closed_ = true;
  }

  // Whether nothing of ours is in the kernel's hands.
  [[nodiscard]] bool at_rest() const { return closed_; }

 private:
  Kernel& kernel_;
  std::string output_;
  bool closed_ = false;
};
