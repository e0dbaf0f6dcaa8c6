#include "client/task_thread.h"

#include <utility>

#include "base/thread_name.h"
#include "client/driver.h"

namespace pollux::client {

namespace {

constexpr std::chrono::seconds kRemembered{30};
constexpr std::size_t kMaxRemembered = 1024;  // Origins.

}  // namespace

TaskThread::TaskThread(Driver& driver, std::size_t queue, std::size_t in_flight, std::optional<Url> proxy)
    : driver_(driver),
      queue_limit_(queue),
      in_flight_limit_(in_flight),
      proxy_(std::move(proxy)),
      thread_([this] {
        name_this_thread("client-task");
        work();
      }) {}

bool TaskThread::submit(const ExchangePtr& exchange) {
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(exchange);
    wake = waiting_;
  }
  if (wake) changed_.notify_one();
  return true;
}

void TaskThread::again(ExchangePtr exchange) {
  {
    const MutexLock lock(mutex_);
    if (!stopping_) {
      returned_.push_back(std::move(exchange));
      changed_.notify_one();
      return;
    }
  }
  driver_.fail(std::move(exchange), {Stage::kQueue, ErrorKind::kCancelled, "the client ends"});
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
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
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
  while (batch.size() < kBatch && !queue_.empty() && (in_flight_ < in_flight_limit_ || stopping_)) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    ++in_flight_;
  }
  return batch;
}

void TaskThread::work() {
  for (;;) {
    Batch batch;
    bool stopping = false;
    {
      const MutexLock lock(mutex_);
      waiting_ = true;
      while (!ready()) changed_.wait(mutex_);
      waiting_ = false;
      stopping = stopping_;
      batch = take();
    }
    if (batch.empty()) return;
    Batch prepared;
    for (ExchangePtr& exchange : batch) {
      auto error =
          stopping ? Error{Stage::kQueue, ErrorKind::kCancelled, "the client ends"} : prepare(*exchange);
      if (error) {
        driver_.fail(std::move(exchange), std::move(*error));
      } else {
        prepared.push_back(std::move(exchange));
      }
    }
    if (!prepared.empty()) driver_.begin(std::move(prepared));
  }
}

std::optional<Error> TaskThread::prepare(Exchange& exchange) {
  if (exchange.cancelled.load(std::memory_order_relaxed)) {
    return Error{Stage::kQueue, ErrorKind::kCancelled, "by the caller"};
  }
  const TimePoint now = std::chrono::steady_clock::now();
  if (now >= exchange.deadline) return Error{Stage::kQueue, ErrorKind::kTimeout, "waited too long"};
  const Url& url = proxy_ ? *proxy_ : exchange.url;
  Resolved resolved = find_addresses(url, now);
  if (resolved.addresses.empty()) {
    return Error{Stage::kResolve, ErrorKind::kNotFound, url.host + ": " + resolved.error};
  }
  exchange.addresses = std::move(resolved.addresses);
  return std::nullopt;
}

Resolved TaskThread::find_addresses(const Url& url, TimePoint now) {
  const std::string key = url.origin();
  const auto found = remembered_.find(key);
  const bool known = found != remembered_.end();
  if (known && now < found->second.until) return {found->second.addresses, {}};
  Resolved resolved = resolve(url.host, url.port);
  if (resolved.addresses.empty()) return known ? Resolved{found->second.addresses, {}} : resolved;
  if (remembered_.size() >= kMaxRemembered) remembered_.clear();
  remembered_[key] = {resolved.addresses, now + kRemembered};
  return resolved;
}

}  // namespace pollux::client
