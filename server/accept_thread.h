// A thread that does nothing but accept (server.accept = thread), so that a burst of new connections
// does not wait for a loop that is busy serving.
//
// Thread: the main thread's; the acceptors' callbacks run on the thread.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "net/acceptor.h"
#include "net/event_loop.h"
#include "server/loop_thread.h"

namespace pollux::server {

class AcceptThread {
 public:
  explicit AcceptThread(std::unique_ptr<net::Poller> poller) : loop_(std::move(poller)) {}
  AcceptThread(const AcceptThread&) = delete;
  AcceptThread& operator=(const AcceptThread&) = delete;
  ~AcceptThread() { stop(); }

  [[nodiscard]] net::EventLoop& loop() { return loop_; }
  void keep(std::unique_ptr<net::Acceptor> acceptor) { acceptors_.push_back(std::move(acceptor)); }

  void start() {
    for (const auto& acceptor : acceptors_) acceptor->start();
    thread_ = start_loop_thread(loop_);
  }

  // Ends the thread; the listeners are closed with it. A second call does nothing.
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    acceptors_.clear();
  }

 private:
  net::EventLoop loop_;
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  std::thread thread_;
};

}  // namespace pollux::server
