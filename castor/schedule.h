// The schedule of one thread: the time of each request, and the client that sends it.
//
// Closed loop: a free client sends its next request at once. Open loop: requests are due on a curve
// (rate_curve.h), whatever the server does. A due request waits if no client is free, and its latency counts
// from its due time. So, by construction, nothing is omitted while the server stalls (G. Tene, "coordinated
// omission").
//
//   next() --> a request --> settled()          each request that was handed out is settled once
//   later() --> take_waiting()                  clients that begin during the ramp, or again after a failure
//   wait_for_request() --> take_free()          open loop: free clients, the one that waits longest first
//
// When the time is over nothing more is sent, and the schedule waits for the requests in flight, within a
// bound: a request that the server has counted is counted here.
//
// It knows no socket and no clock: clients are numbers, and time is a parameter. Thread: none of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "castor/pending_request.h"
#include "castor/plan.h"
#include "castor/rate_curve.h"

namespace pollux::castor {

class Schedule {
 public:
  using ClientId = std::uint32_t;

  static constexpr Nanoseconds kPatience = std::chrono::seconds(5);  // For the last responses.
  static constexpr int kMaxConnecting = 256;  // At once while clients begin: a backlog is bounded.

  Schedule(const Options& options, const Timetable& times, const Share& share);

  // Client numbers are 0 to clients() - 1; those from first_held() on only hold a connection (--idle).
  [[nodiscard]] ClientId clients() const { return clients_; }
  [[nodiscard]] ClientId first_held() const { return first_held_; }

  [[nodiscard]] bool is_open_loop() const { return !curve_.empty(); }

  // The next request, for the client that calls. std::nullopt: none is due, or none is sent any more.
  [[nodiscard]] std::optional<PendingRequest> next(TimePoint now);
  // A request of next() was answered, or has failed.
  void settled() { --outstanding_; }

  // Open loop: the client has room for a request, but none is due. Closed loop: does nothing.
  void wait_for_request(ClientId client);
  // Open loop: a waiting client, if a request is due.
  [[nodiscard]] std::optional<ClientId> take_free(TimePoint now);

  // The client wants a call at `when`.
  void later(ClientId client, TimePoint when) { waiting_.push({when, client}); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // A client whose time has come, unless kMaxConnecting connections are being opened.
  [[nodiscard]] std::optional<ClientId> take_waiting(TimePoint now);
  // `change`: connections that are being opened, more (1) or fewer (-1).
  void connecting(int change) { connecting_ += change; }

  // The time is over, or the user ends the run: sends nothing more.
  void stop(TimePoint now, Nanoseconds patience = kPatience);
  [[nodiscard]] bool over() const { return over_; }
  // Nothing more is to be sent or waited for.
  [[nodiscard]] bool finished(TimePoint now) const { return over_ && (outstanding_ == 0 || now >= give_up_); }

  // When to look again, if no event comes first.
  [[nodiscard]] TimePoint next_wake(TimePoint now) const;

  // Open loop: measured requests that were due, and those of them that no client was free to send.
  [[nodiscard]] std::uint64_t due() const { return due_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  struct Waiting {
    TimePoint until;
    ClientId client;
    bool operator>(const Waiting& other) const { return until > other.until; }
  };

  [[nodiscard]] TimePoint due_at(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t number_due_before(TimePoint time) const;
  void end(TimePoint give_up);
  void count_missed(TimePoint now);

  const Timetable times_;
  const Nanoseconds timeout_;
  ClientId first_held_ = 0;
  ClientId clients_ = 0;

  RateCurve curve_;  // For all threads together, which take its requests in turn. Empty: closed loop.
  const Share share_;
  std::uint64_t number_ = 0;             // Of the next request of this thread.
  std::optional<std::uint64_t> budget_;  // Measured requests still to be sent (-n).
  std::uint64_t outstanding_ = 0;        // Handed out and not settled.
  std::uint64_t due_ = 0;
  std::uint64_t missed_ = 0;
  bool over_ = false;
  TimePoint give_up_ = TimePoint::max();

  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::vector<ClientId>
      free_;  // A ring with room for all, so that nothing is allocated while requests are due.
  std::size_t first_free_ = 0;
  std::size_t free_count_ = 0;
  std::vector<bool> is_free_;  // By client: it is in free_.
  int connecting_ = 0;
};

}  // namespace pollux::castor
