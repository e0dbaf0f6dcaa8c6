// One thread of the load generator: an epoll, its connections, and the schedule of its requests.
//
// Closed loop: a client that is free asks again at once. Open loop: request i is due at start + i / rate,
// whatever the server does; it waits where no client is free, and its latency counts from when it was due. So
// nothing is omitted while the server stands still (G. Tene, "coordinated omission"), by construction.
//
// When the time is over nothing more is sent, and what was sent is waited for, within a bound: a request that
// the server has counted is counted here.
//
// Thread: run() is the thread; progress() and stop() are for any; the rest is for its connections.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

#include "castor/connection.h"
#include "castor/series.h"
#include "castor/tally.h"

namespace pollux::castor {

// What all threads of a run share. Constant while it runs.
struct Plan {
  const Options& options;
  const Targets& targets;
  Series& series;
  Nanoseconds start = 0;
  Nanoseconds measure = 0;  // The end of the warm-up.
  Nanoseconds end = 0;
  std::size_t threads = 1;
};

class Worker {
 public:
  static constexpr std::size_t kReadAtOnce = 64 * 1024;

  struct Progress {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
    std::uint64_t held = 0;
  };

  Worker(const Plan& plan, std::size_t index);  // Throws std::system_error.
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run();

  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] Progress progress() const;

  // REQUIRES: run() has returned.
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] double busy() const { return busy_; }      // The part of the time it was on a processor.
  [[nodiscard]] double waited() const { return waited_; }  // And the part it was waiting for one.
  [[nodiscard]] Nanoseconds ended() const { return ended_; }

  // --- For its connections ---
  [[nodiscard]] const Options& options() const { return plan_.options; }
  [[nodiscard]] const std::shared_ptr<const tls::ClientContext>& tls() const { return tls_; }
  [[nodiscard]] bool head() const { return head_; }
  [[nodiscard]] bool few_connections() const { return connections_.size() <= 512; }
  [[nodiscard]] Nanoseconds timeout() const { return timeout_; }
  [[nodiscard]] static Nanoseconds clock();
  [[nodiscard]] Buffer& wire() { return wire_; }  // Both are empty between two events.
  [[nodiscard]] Buffer& plain() { return plain_; }

  [[nodiscard]] bool watch(int fd, Connection& connection);
  void pump(Connection& connection, Nanoseconds now);    // It may have room: give it what is due.
  void later(Connection& connection, Nanoseconds when);  // Calls again() then.

  void connecting(int change) { connecting_ += change; }
  void on_connected(Nanoseconds took, Nanoseconds now);
  void on_handshake(Nanoseconds took, bool resumed, Nanoseconds now);
  void on_first_octet(const Slot& slot, Nanoseconds now);
  void on_wire(std::size_t octets, const Slot& slot);
  void on_partial(const Slot& slot, std::uint64_t octets);
  void finished(const Slot& slot, int status, std::uint64_t octets, Nanoseconds now);
  void failed(const Slot& slot, client::Stage stage, client::ErrorKind kind, Nanoseconds now);
  void held_failed(client::Stage stage, client::ErrorKind kind) { tally_.count_error(stage, kind); }
  void lost() { ++tally_.lost; }

  [[nodiscard]] SSL_SESSION* known_session(const Origin& origin) const;
  void remember_session(const Origin& origin, SSL& ssl);

 private:
  using SessionPtr = std::unique_ptr<SSL_SESSION, tls::Freed<SSL_SESSION_free>>;

  struct Waiting {
    Nanoseconds until;
    Connection* connection;
    bool operator>(const Waiting& other) const { return until > other.until; }
  };

  void make_connections(std::size_t index);
  [[nodiscard]] bool next(Slot& slot, Nanoseconds now);
  [[nodiscard]] Nanoseconds due(std::uint64_t number) const;
  [[nodiscard]] bool is_open_loop() const { return interval_ > 0; }
  void send_due(Nanoseconds now);
  void start_waiting(Nanoseconds now);
  void look_around(Nanoseconds now);
  void end_of_time(Nanoseconds now);
  [[nodiscard]] int wait_time(Nanoseconds now);
  void set_timer(Nanoseconds when);
  void put_into_slice(const Slot& slot, bool good, std::uint64_t octets, Nanoseconds now);
  void flush_slice();
  void publish();
  void measure_processor(Nanoseconds now, bool begin);

  const Plan& plan_;
  const bool head_;
  const Nanoseconds timeout_;
  const std::shared_ptr<const tls::ClientContext> tls_;  // Null without https. Sessions keep it alive.
  UniqueFd epoll_;
  UniqueFd timer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> free_;  // Open loop: clients that wait for a request.
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>>
      waiting_;  // Clients that begin later, or again.
  std::unordered_map<const Origin*, SessionPtr> sessions_;
  Buffer wire_;
  Buffer plain_;

  double interval_ = 0;  // Nanoseconds between two requests of this thread; 0: closed loop.
  double first_due_ = 0;
  std::uint64_t number_ = 0;  // Of the next request of the schedule.
  std::uint64_t budget_ = 0;  // Requests still to be sent, of -n.
  Nanoseconds timer_set_ = 0;
  Nanoseconds next_look_ = 0;
  Nanoseconds give_up_ = 0;
  std::uint64_t outstanding_ = 0;
  int connecting_ = 0;
  bool over_ = false;

  Tally tally_;
  Slice slice_;
  std::size_t second_ = 0;
  Nanoseconds slice_end_ = 0;
  Nanoseconds ended_ = 0;
  Nanoseconds processor_since_ = 0;
  double busy_ = 0;
  double waited_ = 0;
  std::array<std::uint64_t, 2> processor_{};  // Nanoseconds on a processor, and waiting for one, so far.

  // Relaxed: for people to look at.
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> seen_requests_{0};
  std::atomic<std::uint64_t> seen_failed_{0};
  std::atomic<std::uint64_t> seen_held_{0};
};

}  // namespace pollux::castor
