// A relay: what it reads from a fast source it writes to a slow sink.
//
// What it keeps is bounded: at `high` octets it stops to read, so the source's kernel holds its sender back,
// and at `low` it goes on.
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
  [[nodiscard]] bool wants_input() const { return !ended_ && !full_; }
  [[nodiscard]] bool wants_room() const { return !kept_.empty(); }
  [[nodiscard]] bool done() const { return ended_ && kept_.empty(); }

  // The source can be read. Reads once.
  void on_input() {
    if (!wants_input()) return;  // An event that was reported before.
    if (source_(kept_, high_ - kept_.size()) == 0) ended_ = true;
    full_ = kept_.size() >= high_;
  }

  // The sink has room. Writes once.
  void on_room() {
    const std::size_t taken = sink_(kept_.data(), kept_.size());
    kept_.erase(0, taken);
    if (kept_.size() <= low_) full_ = false;
  }

  [[nodiscard]] std::size_t kept() const { return kept_.size(); }

 private:
  const std::size_t low_;
  const std::size_t high_;
  const Source source_;
  const Sink sink_;
  std::string kept_;
  bool ended_ = false;
  bool full_ = false;  // And has not come down to `low` since.
};
