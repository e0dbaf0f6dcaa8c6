// One thread of the load generator: the loop, with the clients of that thread.
//
//   schedule.h    when requests are sent, and by which client
//   client.h      how: one socket each
//   accounting.h  their results
//   worker.h      events, time, and the turn after each batch of events, in which the schedule is looked at
//
// Thread: run() is the thread; progress() and stop() are for any.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "castor/accounting.h"
#include "castor/client.h"
#include "castor/plan.h"
#include "castor/processor_time.h"
#include "castor/request_picker.h"
#include "castor/schedule.h"
#include "castor/tls_sessions.h"
#include "castor/wake_timer.h"
#include "net/event_loop.h"

namespace pollux::castor {

class Worker final : private ClientLoop {
 public:
  Worker(const Plan& plan, std::size_t index);  // Throws StartError, std::system_error.
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() override = default;

  void run();

  // Sends nothing more, and waits for outstanding responses, for `patience` at most.
  void stop(Nanoseconds patience) {
    loop_.post([this, patience] { patience_ = patience; });
  }
  [[nodiscard]] Progress progress() const { return accounting_.progress(); }

  // REQUIRES: run() has returned.
  [[nodiscard]] const Tally& tally() const { return accounting_.tally(); }
  [[nodiscard]] const ProcessorTime& processor() const { return processor_; }
  [[nodiscard]] TimePoint ended() const { return ended_; }

 private:
  // ClientLoop
  [[nodiscard]] bool watch(int fd, Client& client) override;
  [[nodiscard]] TimePoint clock() const override { return std::chrono::steady_clock::now(); }

  void make_clients(std::size_t index);
  void turn();
  void call_waiting(TimePoint now);
  void look_around(TimePoint now);
  void count_held();
  void finish();

  const Plan& plan_;
  net::EventLoop loop_;
  WakeTimer timer_;
  Schedule schedule_;
  Accounting accounting_;
  TlsSessions tls_;
  Surroundings surroundings_;
  std::vector<RequestPicker> pickers_;                   // One for each origin.
  std::vector<std::unique_ptr<Client>> clients_;         // By number, and so are
  std::vector<std::unique_ptr<net::Channel>> channels_;  // the channels of their latest sockets.
  // Destroyed after the batch: one of them may be running.
  std::vector<std::unique_ptr<net::Channel>> retired_;
  TimePoint next_look_;
  std::optional<Nanoseconds> patience_;  // Set: it is to stop.
  ProcessorTime processor_;
  TimePoint ended_;
};

}  // namespace pollux::castor
