// Signals as events of a loop, by signalfd(2): no handler interrupts the code.
//
// The signals must be blocked in every thread. Threads inherit the mask, so block() comes before any thread
// is started. Signals that arrive between block() and construction are kept for the callback.
//
// Thread: constructed on the main thread; the callback runs on the loop's.
#pragma once

#include <functional>
#include <initializer_list>

#include "base/unique_fd.h"
#include "net/channel.h"
#include "net/event_loop.h"

namespace pollux::net {

class SignalWatcher {
 public:
  using Callback = std::function<void(int signal)>;

  // Blocks the signals in the calling thread and in threads that it starts later. Throws std::system_error.
  static void block(std::initializer_list<int> signals);

  // Blocks them, too. Throws std::system_error.
  SignalWatcher(EventLoop& loop, std::initializer_list<int> signals, Callback on_signal);
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  ~SignalWatcher();

 private:
  void on_ready(std::uint32_t events);

  EventLoop& loop_;
  Callback on_signal_;
  UniqueFd fd_;
  Channel channel_;
};

}  // namespace pollux::net
