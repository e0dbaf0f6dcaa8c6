// Notices a loop that no longer turns: each loop is asked for a sign of life, and again when it has given it.
//
// A loop that hangs (in a handler, on a lock, in a system call that should not block) keeps its clients
// waiting without an error that anybody could see.
//
// Thread: any one; the signs come on the loops.
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
  // Has `sign` called on the loop, soon. It must not be called after the end of the Heartbeats.
  using Ask = std::function<void(std::function<void()> sign)>;

  explicit Heartbeats(std::vector<Ask> loops);
  Heartbeats(const Heartbeats&) = delete;
  Heartbeats& operator=(const Heartbeats&) = delete;

  // The place of a loop that has not turned since the last call; std::nullopt: all have. Asks those that
  // have.
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
