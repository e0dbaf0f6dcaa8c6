// Detects a loop that hangs: each loop is asked for a sign of life, and asked again when it has given it.
//
// A loop that hangs (in a handler, on a lock, in a system call that should not block) keeps its clients
// waiting without any visible error.
//
// Thread: any one; the signs arrive on the loops.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pollux::server {

class Heartbeats {
 public:
  // Must have the loop call `sign` soon, but not after the end of the Heartbeats.
  using Ask = std::function<void(std::function<void()> sign)>;

  explicit Heartbeats(std::vector<Ask> loops);
  Heartbeats(const Heartbeats&) = delete;
  Heartbeats& operator=(const Heartbeats&) = delete;

  // The index of a loop that has not turned since the last call; std::nullopt: all have. Asks the loops that
  // have turned.
  [[nodiscard]] std::optional<std::size_t> silent();

 private:
  struct Loop {
    explicit Loop(Ask how) : ask(std::move(how)) {}

    Ask ask;
    std::atomic<bool> turned{true};  // Release by the loop, acquire by silent().
  };

  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace pollux::server
