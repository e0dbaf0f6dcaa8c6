// A relay: what it reads from a fast source it writes to a slow sink.
//
// This version reads whenever there is something, and keeps what the sink does not take. With a fast source
// and a slow sink the memory of the machine is the limit. Mend it:
//   - the relay asks for input only while it keeps less than `high` octets; when it has reached that, it
//     asks for none until no more than `low` are left (hysteresis: not every octet changes what epoll is
//     asked for);
//   - it never keeps more than `high` octets, so a read is no larger than there is room for;
//   - it asks for room only while it keeps something;
//   - when the source has ended and nothing is kept any more, it is done.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

// Where octets come from. Reads `size` octets at most, and appends them to `to`. The result is their number;
// 0: the source has ended; -1: there are none for now.
using Source = std::function<long(std::string& to, std::size_t size)>;
// Where they go. Takes as many of the octets as there is room for, from the beginning, and returns how many.
using Sink = std::function<std::size_t(const char* octets, std::size_t size)>;

class Relay {
 public:
  // REQUIRES: low < high.
  Relay(std::size_t low, std::size_t high, Source source, Sink sink)
      : low_(low), high_(high), source_(std::move(source)), sink_(std::move(sink)) {}

  // What epoll is to be asked for.
  [[nodiscard]] bool wants_input() const { return !ended_; }
  [[nodiscard]] bool wants_room() const { return true; }
  [[nodiscard]] bool done() const { return ended_; }

  // The source can be read. Reads once.
  void on_input() {
    const long count = source_(kept_, 65536);
    if (count == 0) ended_ = true;
  }

  // The sink has room. Writes once.
  void on_room() {
    const std::size_t taken = sink_(kept_.data(), kept_.size());
    kept_.erase(0, taken);
  }

  [[nodiscard]] std::size_t kept() const { return kept_.size(); }

 private:
  [[maybe_unused]] const std::size_t low_;
  [[maybe_unused]] const std::size_t high_;
  const Source source_;
  const Sink sink_;
  std::string kept_;
  bool ended_ = false;
};
