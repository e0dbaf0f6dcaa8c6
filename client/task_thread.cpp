#include "client/task_thread.h"

#include <algorithm>
#include <utility>

#include "base/thread_name.h"
#include "client/driver.h"

namespace pollux::client {

namespace {

template <class Exchanges>
TimePoint first_deadline(const Exchanges& exchanges) {
  TimePoint first = TimePoint::max();
  for (const ExchangePtr& exchange : exchanges) first = std::min(first, exchange->deadline);
  return first;
}

// Moves the exchanges for which `wanted` returns true.
template <class From, class Wanted>
void move_if(From& from, std::vector<ExchangePtr>& to, Wanted wanted) {
  const auto gone = std::stable_partition(from.begin(), from.end(),
                                          [&](const ExchangePtr& exchange) { return !wanted(*exchange); });
  to.insert(to.end(), std::make_move_iterator(gone), std::make_move_iterator(from.end()));
  from.erase(gone, from.end());
}

}  // namespace

TaskThread::TaskThread(Driver& driver, std::size_t queue, std::size_t in_flight, std::optional<Url> proxy,
                       AddressCache::Resolve resolve)
    : driver_(driver),
      queue_limit_(queue),
      in_flight_limit_(in_flight),
      proxy_(std::move(proxy)),
      addresses_(std::move(resolve)),
      thread_([this] {
        name_this_thread("client-task");
        work();
      }) {}

// --- The queue -----------------------------------------------------------------------------------------

bool TaskThread::submit(const ExchangePtr& exchange) {
  bool wake = false;
  bool sooner = false;
  {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(exchange);
    wake = waiting_;
    sooner = expect(exchange->deadline);
  }
  if (wake) changed_.notify_one();
  if (sooner) driver_.expect_overdue(exchange->deadline);
  return true;
}

void TaskThread::again(const ExchangePtr& exchange) {
  bool sooner = false;
  {
    const MutexLock lock(mutex_);
    if (!stopping_) {
      returned_.push_back(exchange);
      changed_.notify_one();
      sooner = expect(exchange->deadline);
    } else {
      driver_.fail(exchange, {Stage::kQueue, ErrorKind::kCancelled, "the client ends"});
    }
  }
  if (sooner) driver_.expect_overdue(exchange->deadline);
}

void TaskThread::done() {
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    --in_flight_;
    wake = waiting_ && !queue_.empty();
  }
  if (wake) changed_.notify_one();
}

void TaskThread::stop() {
  Batch all;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    all = take_all();
  }
  cancel_all(all);
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TaskThread::cancel_all(const Batch& batch) {
  for (const ExchangePtr& exchange : batch)
    driver_.fail(exchange, {Stage::kQueue, ErrorKind::kCancelled, "the client ends"});
}

bool TaskThread::ready() const {
  return stopping_ || !returned_.empty() || (!queue_.empty() && in_flight_ < in_flight_limit_);
}

TaskThread::Batch TaskThread::take() {
  Batch batch;
  while (batch.size() < kBatch && !returned_.empty()) {
    batch.push_back(std::move(returned_.front()));
    returned_.pop_front();
  }
  while (batch.size() < kBatch && !queue_.empty() && in_flight_ < in_flight_limit_) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    ++in_flight_;
  }
  return batch;
}

TaskThread::Batch TaskThread::take_all() {
  Batch all = std::exchange(unresolved_, {});
  in_flight_ += queue_.size();
  for (auto* from : {&returned_, &queue_}) {
    for (ExchangePtr& exchange : std::exchange(*from, {})) all.push_back(std::move(exchange));
  }
  return all;
}

// --- Deadlines -----------------------------------------------------------------------------------------

// Usually false: the time of one request covers all that are sent within it.
bool TaskThread::expect(TimePoint deadline) {
  if (deadline >= expected_) return false;
  expected_ = deadline;
  return true;
}

TaskThread::Overdue TaskThread::take_overdue(TimePoint now) {
  const auto is_overdue = [now](const Exchange& exchange) { return exchange.deadline <= now; };
  Overdue overdue;
  const MutexLock lock(mutex_);
  while (!queue_.empty() && is_overdue(*queue_.front())) {
    overdue.queued.push_back(std::move(queue_.front()));
    queue_.pop_front();
    ++in_flight_;
  }
  move_if(returned_, overdue.queued, is_overdue);
  move_if(unresolved_, overdue.unresolved, is_overdue);
  expected_ = std::min(first_deadline(returned_), first_deadline(unresolved_));
  if (!queue_.empty()) expected_ = std::min(expected_, queue_.front()->deadline);
  if (expected_ != TimePoint::max()) overdue.next = expected_;
  return overdue;
}

// --- Addresses -----------------------------------------------------------------------------------------

void TaskThread::work() {
  for (;;) {
    Batch batch;
    {
      const MutexLock lock(mutex_);
      waiting_ = true;
      while (!ready()) changed_.wait(mutex_);
      waiting_ = false;
      if (stopping_) return;
      batch = take();
    }
    find_addresses(std::move(batch));
  }
}

// During the look-up, the rest of the batch is stored where the driver can take exchanges away.
void TaskThread::find_addresses(Batch batch) {
  for (batch = hand_on_known(std::move(batch)); !batch.empty(); batch = hand_on_known(take_unresolved())) {
    const Url url = url_of(*batch.front());
    if (!keep_unresolved(std::move(batch))) return;
    addresses_.look_up(url);
  }
}

TaskThread::Batch TaskThread::hand_on_known(Batch batch) {
  Batch ready;
  Batch unknown;
  for (ExchangePtr& exchange : batch) {
    const Url& url = url_of(*exchange);
    const Resolved* resolved = addresses_.find(url);
    if (exchange->cancelled.load(std::memory_order_relaxed)) {
      driver_.fail(std::move(exchange), {Stage::kQueue, ErrorKind::kCancelled, "by the caller"});
    } else if (resolved == nullptr) {
      unknown.push_back(std::move(exchange));
    } else if (resolved->addresses.empty()) {
      Error error{Stage::kResolve, ErrorKind::kNotFound, url.host + ": " + resolved->error};
      driver_.fail(std::move(exchange), std::move(error));
    } else {
      exchange->addresses = resolved->addresses;
      ready.push_back(std::move(exchange));
    }
  }
  if (!ready.empty()) driver_.begin(std::move(ready));
  return unknown;
}

bool TaskThread::keep_unresolved(Batch batch) {
  const TimePoint deadline = first_deadline(batch);
  bool sooner = false;
  {
    const MutexLock lock(mutex_);
    if (!stopping_) {
      unresolved_ = std::move(batch);
      batch.clear();
      sooner = expect(deadline);
    }
  }
  if (sooner) driver_.expect_overdue(deadline);
  const bool kept = batch.empty();
  cancel_all(batch);
  return kept;
}

TaskThread::Batch TaskThread::take_unresolved() {
  const MutexLock lock(mutex_);
  return std::exchange(unresolved_, {});
}

}  // namespace pollux::client
