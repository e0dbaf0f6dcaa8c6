// Waits with io_uring(7). The ring polls the channels, too: wake-ups and signals are operations like any
// other.
//
// Thread: see net/poller.h.
#pragma once

#include <utility>
#include <vector>

#include "net/poller.h"
#include "net/ring.h"

namespace pollux::net {

class RingPoller final : public Poller {
 public:
  explicit RingPoller(const RingOptions& options) : ring_(options) {}  // Throws as Ring() does.

  void begin() override { ring_.begin(); }
  void end() override { ring_.end(); }
  std::size_t wait(int milliseconds) override { return ring_.wait(milliseconds); }
  void dispatch() override { ring_.dispatch(); }
  // Edge-triggered, whatever `events` says.
  [[nodiscard]] int add(Channel& channel, std::uint32_t events) override;
  [[nodiscard]] int modify(Channel& channel, std::uint32_t events) override;
  void remove(Channel& channel) override;
  [[nodiscard]] Ring* ring() override { return &ring_; }

 private:
  Ring ring_;
  std::vector<std::pair<Channel*, RingSource*>> channels_;  // A handful.
};

}  // namespace pollux::net
