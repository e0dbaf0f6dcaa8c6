// Signals as events of a loop, by signalfd(2): no handler runs in the middle of anything.
//
// The signals must be blocked in every thread, and threads inherit the mask: so block() comes before any
// other thread is started. What arrives between block() and construction is kept for the callback.
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

  // Blocks signals in the calling thread and in those it starts from now on. Throws std::system_error.
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
