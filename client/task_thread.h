// The task thread: takes requests from the bounded queue, and finds addresses.
//
// It takes no more than may be in flight, so what the worker holds is bounded, too. Resolving blocks (that
// is why this is a thread). Answers are remembered for half a minute, and longer if the system has no newer
// one: a name may not be known for a while, and its server still be there.
//
// Thread: submit() from any; again() and done() from the worker; the constructor starts the thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "client/exchange.h"
#include "client/socket.h"

namespace pollux::client {

class Driver;

class TaskThread {
 public:
  // `proxy`: whose addresses are wanted instead of the servers'; std::nullopt: there is none.
  TaskThread(Driver& driver, std::size_t queue, std::size_t in_flight, std::optional<Url> proxy);
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;
  ~TaskThread() { stop(); }

  // false: the queue is full.
  [[nodiscard]] bool submit(const ExchangePtr& exchange) EXCLUDES(mutex_);

  // An exchange in flight goes round once more.
  void again(ExchangePtr exchange) EXCLUDES(mutex_);

  // One exchange is no longer in flight.
  void done() EXCLUDES(mutex_);

  // Hands all that waits to the driver, to be ended there, and ends the thread.
  void stop() EXCLUDES(mutex_);

 private:
  using Batch = std::vector<ExchangePtr>;
  static constexpr std::size_t kBatch = 64;

  struct Remembered {
    std::vector<net::SocketAddress> addresses;
    TimePoint until;
  };

  void work() EXCLUDES(mutex_);
  [[nodiscard]] bool ready() const REQUIRES_LOCK(mutex_);
  [[nodiscard]] Batch take() REQUIRES_LOCK(mutex_);
  // An error, or the exchange is ready for the driver: it has addresses.
  [[nodiscard]] std::optional<Error> prepare(Exchange& exchange);
  [[nodiscard]] Resolved find_addresses(const Url& url, TimePoint now);

  Driver& driver_;
  const std::size_t queue_limit_;
  const std::size_t in_flight_limit_;
  const std::optional<Url> proxy_;
  std::unordered_map<std::string, Remembered> remembered_;  // The task thread's, by origin.

  Mutex mutex_;
  CondVar changed_;
  std::deque<ExchangePtr> queue_ GUARDED_BY(mutex_);
  std::deque<ExchangePtr> returned_ GUARDED_BY(mutex_);  // Bounded: they are in flight.
  std::size_t in_flight_ GUARDED_BY(mutex_) = 0;
  bool waiting_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pollux::client
