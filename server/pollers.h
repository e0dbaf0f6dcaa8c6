// The pollers of the configured model's loops. They also decide what `model = auto` is on this machine:
// io-uring where the kernel gives a ring for each loop, else multi-reactor. The log says which, and why.
//
// The rings that were made to find out are those that serve: the kernel gives back the locked memory of a
// closed ring some time later, so a second set of them might be refused.
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
  // One for each loop, and one for the thread that accepts, if there is one. Throws std::exception with a
  // message for people.
  explicit Pollers(const ServerConfig& config);

  [[nodiscard]] Model model() const { return model_; }  // The configured one; what it is, if that is kAuto.

  // REQUIRES: called no more often than there are some.
  [[nodiscard]] std::unique_ptr<net::Poller> take();

 private:
  void choose(const ServerConfig& config);
  void insist_on_rings(const ServerConfig& config);

  Model model_;
  std::vector<std::unique_ptr<net::Poller>> left_;
};

}  // namespace pollux::server
