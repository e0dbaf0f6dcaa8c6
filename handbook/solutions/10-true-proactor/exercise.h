// The sending half of a connection whose sends are done by the kernel, as io_uring does them: send() only
// submits, and the completion comes later. Until then the kernel may read the memory at any time.
//
// What is under way has a string of its own, which nobody touches until it has been sent whole. What is
// queued meanwhile waits in another one, and takes its place.
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
    if (closed_) return;
    waiting_ += octets;
    if (!under_way_) submit();
  }

  // The completion: so many octets of the submitted ones were taken.
  void on_sent(std::size_t taken) {
    under_way_ = false;
    taken_ += taken;
    if (!closed_) submit();
  }

  void close() { closed_ = true; }

  // Whether nothing of ours is in the kernel's hands.
  [[nodiscard]] bool at_rest() const { return !under_way_; }

 private:
  void submit() {
    if (taken_ == lent_.size()) {
      lent_.clear();
      lent_.swap(waiting_);
      taken_ = 0;
    }
    if (lent_.empty()) return;
    under_way_ = true;
    kernel_.send(lent_.data() + taken_, lent_.size() - taken_);
  }

  Kernel& kernel_;
  std::string lent_;
  std::size_t taken_ = 0;  // Of what is lent.
  std::string waiting_;
  bool under_way_ = false;
  bool closed_ = false;
};
