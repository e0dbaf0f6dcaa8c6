#include "castor/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "castor/report/live.h"
#include "castor/worker.h"
#include "net/event_loop.h"
#include "net/signal_watcher.h"

namespace pollux::castor {

namespace {

constexpr std::chrono::milliseconds kLookEvery{200};   // Between two looks at the workers, and at the memory.
constexpr std::chrono::milliseconds kLastMoment{500};  // For responses, when the user ends the run.
constexpr std::chrono::milliseconds kToldWithin{
    300};  // A second is over: by then all threads have told of it.

// Enough descriptors for all connections: otherwise the run would only measure their lack.
void reserve_descriptors(std::size_t connections, std::size_t threads) {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t wanted = connections + 3 * threads + 16;  // A loop has three of its own.
  if (wanted > limit.rlim_cur) {
    throw StartError("too many connections: " + std::to_string(wanted) +
                     " descriptors are wanted, and the limit is " + std::to_string(limit.rlim_cur));
  }
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// The workers, and the loop of the main thread, which watches them until all have finished.
class Crew {
 public:
  Crew(const Plan& plan, LiveView& live)
      : plan_(plan),
        live_(live),
        signals_(loop_, {SIGINT, SIGTERM}, [this](int signal) { interrupt(signal); }),
        look_([this](TimePoint now) { look(now); }),
        bytes_before_(resident_bytes()) {
    for (std::size_t i = 0; i < plan.threads; ++i) workers_.push_back(std::make_unique<Worker>(plan, i));
  }

  Result run() {
    std::vector<std::thread> threads;
    for (const auto& worker : workers_) {
      threads.emplace_back([this, &worker] {
        worker->run();
        loop_.post([this] { on_finished(); });
      });
    }
    loop_.timers().arm(look_, loop_.now().steady + kLookEvery);
    loop_.run();
    for (std::thread& thread : threads) thread.join();
    return result();
  }

 private:
  void interrupt(int signal) {
    let_signals_through();
    if (interrupted_) (void)::raise(signal);  // It arrived together with the first.
    interrupted_ = true;
    for (const auto& worker : workers_) worker->stop(kLastMoment);
  }

  void on_finished() {
    if (++finished_ == workers_.size()) loop_.stop();
  }

  void look(TimePoint now) {
    loop_.timers().arm(look_, now + kLookEvery);
    const std::uint64_t bytes = resident_bytes();
    memory_ = std::max(memory_, bytes - std::min(bytes_before_, bytes));
    Progress sum;
    for (const auto& worker : workers_) {
      const auto [requests, failed, held] = worker->progress();
      sum.requests += requests;
      sum.failed += failed;
      sum.held += held;
    }
    live_.show(sum, now);
    if (plan_.options.until_stable && !stable_) stop_if_stable(now);
  }

  void stop_if_stable(TimePoint now) {
    const TimePoint told = now - kToldWithin;
    if (told < plan_.times.measure) return;
    const auto whole = static_cast<std::size_t>((told - plan_.times.measure) / std::chrono::seconds(1));
    if (whole <= whole_) return;
    whole_ = whole;
    median_ = estimate_median(plan_.series.all(), whole);
    stable_ = median_ && median_->reach() <= kStableReach;
    if (!stable_) return;
    for (const auto& worker : workers_) worker->stop(Schedule::kPatience);
  }

  [[nodiscard]] Result result() const {
    Result result;
    TimePoint ended = plan_.times.measure;
    for (const auto& worker : workers_) {
      result.tally.add(worker->tally());
      result.busy = std::max(result.busy, worker->processor().busy());
      result.waited = std::max(result.waited, worker->processor().waited());
      ended = std::max(ended, worker->ended());
    }
    result.threads = plan_.threads;
    result.interrupted = interrupted_;
    result.memory = memory_;
    result.seconds = Seconds(ended - plan_.times.measure).count();
    result.per_second = plan_.series.all();
    result.median = median_;
    return result;
  }

  const Plan& plan_;
  LiveView& live_;
  net::EventLoop loop_;
  net::SignalWatcher signals_;  // Before any thread: threads inherit the blocked signals.
  Timer look_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t finished_ = 0;
  bool interrupted_ = false;
  std::size_t whole_ = 0;  // Seconds that median_ is from.
  std::optional<Estimate> median_;
  bool stable_ = false;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t memory_ = 0;
};

}  // namespace

// The watcher has blocked them.
void let_signals_through() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  (void)::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Result run(const Options& options, const Targets& targets, const std::string& label) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  // A thread without a client could not send its share of the requests.
  const std::size_t max = options.clients > 0 ? options.clients : options.idle;
  const std::size_t threads =
      std::min(options.threads != 0 ? options.threads : cores, std::max<std::size_t>(max, 1));
  reserve_descriptors(options.clients + options.idle, threads);

  Series series;
  Plan plan{.options = options, .targets = targets, .series = series, .times = {}, .threads = threads};
  plan.times.start = std::chrono::steady_clock::now();
  plan.times.measure = plan.times.start + std::chrono::duration_cast<Nanoseconds>(options.warmup);
  if (options.time)
    plan.times.end = plan.times.measure + std::chrono::duration_cast<Nanoseconds>(*options.time);

  const WallTime started = Now::read().wall;
  LiveView live(plan, label);
  Crew crew(plan, live);
  Result result = crew.run();
  result.started = started;
  live.end();
  return result;
}

}  // namespace pollux::castor
