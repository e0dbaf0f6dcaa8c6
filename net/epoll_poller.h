// Waits with epoll(7): events report what can be done, and their callbacks do it.
//
// Thread: see net/poller.h.
#pragma once

#include <sys/epoll.h>

#include <array>

#include "base/unique_fd.h"
#include "net/poller.h"

namespace pollux::net {

class EpollPoller final : public Poller {
 public:
  EpollPoller();  // Throws std::system_error.

  std::size_t wait(int milliseconds) override;
  void dispatch() override;
  [[nodiscard]] int add(Channel& channel, std::uint32_t events) override;
  [[nodiscard]] int modify(Channel& channel, std::uint32_t events) override;
  void remove(Channel& channel) override;

  // Readable while events wait: another loop can watch it.
  [[nodiscard]] int fd() const { return epoll_.get(); }

 private:
  static constexpr int kBatch = 512;  // Events taken by one epoll_wait.

  [[nodiscard]] int control(int operation, Channel& channel, std::uint32_t events);

  UniqueFd epoll_;
  std::array<epoll_event, kBatch> events_;  // The first ready_ are not yet dispatched.
  std::size_t ready_ = 0;
};

}  // namespace pollux::net
