#include "compress/compressor.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/metrics.h"
#include "base/thread_name.h"

namespace pollux::compress {

namespace {

using metrics::Counter;

// Of this thread. Where a filter of system calls refuses both, it goes on as it is.
void lower_priority() {
  const sched_param none{};
  if (::sched_setscheduler(0, SCHED_IDLE, &none) == 0) return;
  constexpr int kNicest = 19;
  (void)::setpriority(PRIO_PROCESS, 0, kNicest);  // In Linux, 0 is the calling thread.
}

bool same_version(const std::weak_ptr<const FileVersion>& a, const std::weak_ptr<const FileVersion>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

Compressor::Compressor(std::size_t queue, Function function)
    : capacity_(queue), function_(std::move(function)), thread_([this](const std::stop_token& stop) {
        name_this_thread("compressor");
        lower_priority();
        work(stop);
      }) {}

Compressor::~Compressor() {
  {
    const MutexLock lock(mutex_);  // So that it cannot come between the thread's look and its wait.
    thread_.request_stop();
  }
  work_came_.notify_one();
  thread_.join();
}

bool Compressor::submit(Job job) {
  if (!mutex_.try_lock()) return false;
  const MutexLock lock(mutex_, std::adopt_lock);
  const auto same = [&](const Job& other) {
    return other.coding == job.coding && same_version(other.file, job.file);
  };
  if (std::any_of(jobs_.begin(), jobs_.end(), same)) return true;
  if (jobs_.size() >= capacity_) {
    metrics::count(Counter::kVariantsPutOff);
    return false;
  }
  jobs_.push_back(std::move(job));
  if (jobs_.size() == 1) work_came_.notify_one();  // Otherwise the thread is at work.
  return true;
}

void Compressor::work(const std::stop_token& stop) {
  while (const Job* job = wait_for_job(stop)) {
    run(*job, stop);
    remove_front();
  }
}

const Compressor::Job* Compressor::wait_for_job(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  while (jobs_.empty() && !stop.stop_requested()) work_came_.wait(mutex_);
  return stop.stop_requested() ? nullptr : &jobs_.front();
}

void Compressor::remove_front() {
  Job done;  // Its parts are freed without the lock.
  const MutexLock lock(mutex_);
  done = std::move(jobs_.front());
  jobs_.pop_front();
}

void Compressor::run(const Job& job, const std::stop_token& stop) const {
  const std::shared_ptr<const FileVersion> file = job.file.lock();
  if (!file) return;
  std::optional<std::string> variant;
  try {
    variant = function_(job.coding, *file->snapshot(), stop);
  } catch (const std::bad_alloc&) {
    // There is to be no variant: memory is wanted elsewhere.
  }
  if (stop.stop_requested()) return;
  metrics::count(variant ? Counter::kVariantsMade : Counter::kVariantsRefused);
  job.deliver(std::move(variant));
}

}  // namespace pollux::compress
