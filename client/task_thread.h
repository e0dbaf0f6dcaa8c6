// The task thread: takes requests from the bounded queue, and finds addresses.
//
// It takes requests only up to the maximum in flight, so the worker's memory is bounded, too. Resolving
// blocks (hence the thread), so exchanges with known addresses go to the driver first. The time of an
// exchange can run out while it is here: the driver knows when, and takes the exchange away then.
//
// Thread: submit() any; again(), done() and take_overdue() the worker's; the constructor starts the thread.
#pragma once

#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "client/address_cache.h"
#include "client/exchange.h"

namespace pollux::client {

class Driver;

class TaskThread {
 public:
  // `proxy`: its addresses are needed instead of the servers'; std::nullopt: no proxy.
  TaskThread(Driver& driver, std::size_t queue, std::size_t in_flight, std::optional<Url> proxy,
             AddressCache::Resolve resolve = client::resolve);
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;
  ~TaskThread() { stop(); }

  // false: the queue is full.
  [[nodiscard]] bool submit(const ExchangePtr& exchange) EXCLUDES(mutex_);

  // Takes an exchange in flight again.
  void again(const ExchangePtr& exchange) EXCLUDES(mutex_);

  // One exchange is no longer in flight.
  void done() EXCLUDES(mutex_);

  struct Overdue {
    std::vector<ExchangePtr> queued;
    std::vector<ExchangePtr> unresolved;
    std::optional<TimePoint> next;  // When more may be overdue.
  };
  // Returns the exchanges whose time is up, for the driver to end. They are in flight until done().
  [[nodiscard]] Overdue take_overdue(TimePoint now) EXCLUDES(mutex_);

  // Gives all waiting exchanges to the driver, which ends them, and ends the thread; the thread may first
  // have to wait for the resolver.
  void stop() EXCLUDES(mutex_);

 private:
  using Batch = std::vector<ExchangePtr>;
  static constexpr std::size_t kBatch = 64;

  void work() EXCLUDES(mutex_);
  [[nodiscard]] bool ready() const REQUIRES_LOCK(mutex_);
  [[nodiscard]] Batch take() REQUIRES_LOCK(mutex_);
  [[nodiscard]] Batch take_all() REQUIRES_LOCK(mutex_);
  // Whether the driver does not know of a deadline this early.
  [[nodiscard]] bool expect(TimePoint deadline) REQUIRES_LOCK(mutex_);

  void find_addresses(Batch batch) EXCLUDES(mutex_);
  // Passes on exchanges whose result is known (addresses or none), or that are cancelled; returns the rest.
  [[nodiscard]] Batch hand_on_known(Batch batch);
  [[nodiscard]] bool keep_unresolved(Batch batch) EXCLUDES(mutex_);  // false: stop() has ended them.
  [[nodiscard]] Batch take_unresolved() EXCLUDES(mutex_);
  void cancel_all(const Batch& batch);
  [[nodiscard]] const Url& url_of(const Exchange& exchange) const { return proxy_ ? *proxy_ : exchange.url; }

  Driver& driver_;
  const std::size_t queue_limit_;
  const std::size_t in_flight_limit_;
  const std::optional<Url> proxy_;
  AddressCache addresses_;  // For the task thread.

  Mutex mutex_;
  CondVar changed_;
  std::deque<ExchangePtr> queue_ GUARDED_BY(mutex_);  // By deadline: all have the same time from submit() on.
  std::deque<ExchangePtr> returned_ GUARDED_BY(mutex_);  // Bounded: they are in flight.
  Batch unresolved_ GUARDED_BY(mutex_);                  // In flight, while their names are looked up.
  std::size_t in_flight_ GUARDED_BY(mutex_) = 0;
  TimePoint expected_ GUARDED_BY(mutex_) = TimePoint::max();  // When the driver will ask for overdue ones.
  bool waiting_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pollux::client
