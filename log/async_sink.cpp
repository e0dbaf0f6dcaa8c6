#include "log/async_sink.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "base/metrics.h"
#include "base/thread_name.h"
#include "log/line.h"

namespace pollux::log {

namespace {

// Octets given to the target at once: few system calls, and still a frequent look at the clock.
constexpr std::size_t kChunk = std::size_t{64} * 1024;

// A thread inherits the mask of its creator, so it can never get a signal meant for the event loop. Its own
// faults must still end the program with a core dump.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS})
      ::sigdelset(&all, fault);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

AsyncSink::AsyncSink(std::unique_ptr<Sink> target, AsyncSinkOptions options)
    : target_(std::move(target)), options_(std::move(options)), half_(options_.capacity / 2) {
  {
    const MutexLock lock(mutex_);
    front_.reserve(half_);
  }
  back_.reserve(half_);
  const BlockedSignals blocked;
  writer_ = std::thread([this] {
    name_this_thread("pollux-log");
    run();
  });
}

Lost AsyncSink::close() noexcept {
  if (!writer_.joinable()) return lost();
  {
    const MutexLock lock(mutex_);
    stop_ = hurry_ = true;
    give_up_ = std::chrono::steady_clock::now() + options_.exit_limit;
  }
  work_.notify_one();
  writer_.join();
  target_->close();
  return lost();
}

void AsyncSink::write(std::string_view lines) noexcept {
  bool wake = false;
  {
    const MutexLock lock(mutex_);
    if (lines.size() > half_ - front_.size()) {
      dropped_ += count_drop(lines);
    } else {
      front_.append(lines);
    }
    wake = std::exchange(idle_, false);
    if (!hurry_ && front_.size() > half_ / 2) wake = hurry_ = true;
  }
  if (wake) work_.notify_one();
}

void AsyncSink::flush() noexcept {
  const TimePoint deadline = std::chrono::steady_clock::now() + options_.flush_limit;
  const MutexLock lock(mutex_);
  const std::uint64_t ticket = ++flush_wanted_;
  hurry_ = true;
  work_.notify_one();
  while (flush_done_ < ticket) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds(0)) return;
    flushed_.wait_for(mutex_, left);
  }
}

void AsyncSink::reopen() noexcept {
  {
    const MutexLock lock(mutex_);
    reopen_ = hurry_ = true;
  }
  work_.notify_one();
}

Lost AsyncSink::lost() const noexcept {
  Lost lost = target_->lost();
  lost += {lost_lines_.load(std::memory_order_relaxed), lost_octets_.load(std::memory_order_relaxed)};
  return lost;
}

void AsyncSink::run() {
  for (;;) {
    Turn turn = next_turn();
    turn.dropped += write_back();
    if (turn.dropped.lines > 0) tell_dropped(turn.dropped);
    if (turn.reopen) target_->reopen();
    if (turn.flush) {
      target_->flush();
      const MutexLock lock(mutex_);
      flush_done_ = turn.flush_ticket;
      flushed_.notify_all();
    }
    if (turn.last) return;
  }
}

// Waits for work, and takes all of it.
AsyncSink::Turn AsyncSink::next_turn() {
  const MutexLock lock(mutex_);
  while (front_.empty() && dropped_.lines == 0 && !hurry_) {
    idle_ = true;
    work_.wait(mutex_);
  }
  idle_ = false;
  const TimePoint deadline = std::chrono::steady_clock::now() + options_.collect;
  while (!hurry_) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds(0)) break;
    work_.wait_for(mutex_, left);
  }
  Turn turn;
  turn.dropped = std::exchange(dropped_, {});
  turn.flush_ticket = flush_wanted_;
  turn.flush = flush_done_ < flush_wanted_;
  turn.reopen = std::exchange(reopen_, false);
  turn.last = stop_;
  hurry_ = false;
  front_.swap(back_);
  return turn;
}

// Returns the lines that it had no time for. In chunks of whole lines, so that a slow target cannot hold up
// the exit for the whole buffer.
Lost AsyncSink::write_back() {
  Lost given_up;
  std::string_view left = back_;
  while (!left.empty()) {
    if (out_of_time()) {
      given_up = count_drop(left);
      break;
    }
    std::size_t end = left.size();
    if (end > kChunk) {
      const std::size_t newline = left.rfind('\n', kChunk - 1);
      end = (newline == std::string_view::npos ? left.find('\n') : newline) + 1;
    }
    target_->write(left.substr(0, end));
    left.remove_prefix(end);
  }
  back_.clear();
  return given_up;
}

bool AsyncSink::out_of_time() {
  const MutexLock lock(mutex_);
  return stop_ && std::chrono::steady_clock::now() >= give_up_;
}

Lost AsyncSink::count_drop(std::string_view lines) noexcept {
  const Lost drop{static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')), lines.size()};
  lost_lines_.fetch_add(drop.lines, std::memory_order_relaxed);
  metrics::count(metrics::Counter::kLogLinesDropped, drop.lines);
  lost_octets_.fetch_add(drop.octets, std::memory_order_relaxed);
  return drop;
}

void AsyncSink::tell_dropped(const Lost& dropped) {
  const auto message =
      fmt::format("{} log lines dropped ({} octets): they came faster than they could be written",
                  dropped.lines, dropped.octets);
  if (options_.report) return options_.report(message);
  LineBuffer line;
  append_line(line, Level::kWarn, std::chrono::system_clock::now(), message);
  target_->write(view(line));
}

}  // namespace pollux::log
