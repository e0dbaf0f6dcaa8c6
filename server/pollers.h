// The pollers of the configured model's loops. They also decide what `model = auto` means on this machine:
// io-uring if the kernel gives a ring for each loop, else multi-reactor. The log says which, and why.
//
// The rings made for that test are the ones that serve. The kernel gives back the locked memory of a closed
// ring only after some time, so a second set might be refused.
//
// Thread: the main thread's.
#pragma once

#include <memory>
#include <vector>

#include "net/poller.h"
#include "server/config/config.h"

namespace pollux::server {

class Pollers {
 public:
  // One poller for each loop, and one for the thread that accepts, if there is one. Throws std::exception
  // with a message for people.
  explicit Pollers(const ServerConfig& config);

  [[nodiscard]] Model model() const { return model_; }  // Never kAuto.

  // Returns the next one. REQUIRES: not called more often than there are pollers.
  [[nodiscard]] std::unique_ptr<net::Poller> take();

 private:
  void choose(const ServerConfig& config);
  void insist_on_rings(const ServerConfig& config);

  Model model_;
  std::vector<std::unique_ptr<net::Poller>> left_;
};

}  // namespace pollux::server
