#include "castor/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "castor/live.h"
#include "castor/worker.h"
#include "net/event_loop.h"
#include "net/signal_watcher.h"

namespace pollux::castor {

namespace {

constexpr std::chrono::milliseconds kLookEvery{200};  // Between two looks at the workers, and at the memory.

// Descriptors for all connections, or the run would only tell of their lack.
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

// The next SIGINT or SIGTERM ends the program. (The watcher has blocked both.)
void let_signals_through() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  (void)::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// The workers, and the loop of the main thread, which looks at them until all have finished.
class Crew {
 public:
  Crew(const Plan& plan, LiveLine& live)
      : plan_(plan),
        live_(live),
        signals_(loop_, {SIGINT, SIGTERM}, [this](int) { interrupt(); }),
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
    let_signals_through();
    return result();
  }

 private:
  void interrupt() {
    interrupted_ = true;
    let_signals_through();
    for (const auto& worker : workers_) worker->stop();
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
    return result;
  }

  const Plan& plan_;
  LiveLine& live_;
  net::EventLoop loop_;
  net::SignalWatcher signals_;  // Before any thread: they inherit what it blocks.
  Timer look_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t finished_ = 0;
  bool interrupted_ = false;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t memory_ = 0;
};

}  // namespace

Result run(const Options& options, const Targets& targets) {
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

  LiveLine live(plan);
  Crew crew(plan, live);
  Result result = crew.run();
  live.end();
  return result;
}

}  // namespace pollux::castor
