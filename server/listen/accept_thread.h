// A thread that only accepts (server.accept = thread), so that a burst of new connections does not wait for a
// loop that is busy serving.
//
// Thread: the main thread's.
#pragma once

#include <memory>
#include <thread>

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

  void start() { thread_ = start_loop_thread(loop_); }

  // A second call does nothing.
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  net::EventLoop loop_;
  std::thread thread_;
};

}  // namespace pollux::server
