#include "castor/run.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <limits>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "castor/live.h"
#include "castor/worker.h"

namespace pollux::castor {

namespace {

Nanoseconds in_ns(Seconds time) { return static_cast<Nanoseconds>(time.count() * 1e9); }

// Descriptors for all connections, or the run would only tell of their lack.
void reserve_descriptors(std::size_t connections, std::size_t threads) {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t wanted = connections + 2 * threads + 16;
  if (wanted > limit.rlim_cur) {
    throw StartError("too many connections: " + std::to_string(wanted) +
                     " descriptors are wanted, and the limit is " + std::to_string(limit.rlim_cur));
  }
}

std::uint64_t resident_octets() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// SIGINT and SIGTERM as something to poll, blocked in all threads started later.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    (void)::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    fd_.reset(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { let_through(); }

  [[nodiscard]] int fd() const { return fd_.get(); }
  void take() const {
    signalfd_siginfo info{};
    (void)::read(fd_.get(), &info, sizeof info);
  }
  void let_through() {
    (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }  // The next one ends the program.

 private:
  sigset_t set_{};
  sigset_t before_{};
  UniqueFd fd_;
};

class Crew {
 public:
  explicit Crew(const Plan& plan) : finished_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (std::size_t i = 0; i < plan.threads; ++i) workers_.push_back(std::make_unique<Worker>(plan, i));
  }

  void start() {
    for (const auto& worker : workers_) {
      threads_.emplace_back([this, &worker] {
        worker->run();
        const std::uint64_t one = 1;
        (void)::write(finished_.get(), &one, sizeof one);
      });
    }
  }

  [[nodiscard]] int fd() const { return finished_.get(); }
  [[nodiscard]] bool all_finished() {
    std::uint64_t count = 0;
    if (::read(finished_.get(), &count, sizeof count) > 0) finished_count_ += count;
    return finished_count_ == workers_.size();
  }
  void stop() {
    for (const auto& worker : workers_) worker->stop();
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
  }
  [[nodiscard]] Worker::Progress progress() const {
    Worker::Progress sum;
    for (const auto& worker : workers_) {
      const auto [requests, failed, held] = worker->progress();
      sum.requests += requests;
      sum.failed += failed;
      sum.held += held;
    }
    return sum;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

 private:
  UniqueFd finished_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::uint64_t finished_count_ = 0;
};

void watch(Crew& crew, Signals& signals, LiveLine& live, const Plan& plan, std::uint64_t memory_before,
           Result& result) {
  Nanoseconds next = Worker::clock() + live.interval() * 1'000'000LL;
  for (;;) {
    pollfd fds[] = {{.fd = crew.fd(), .events = POLLIN, .revents = 0},
                    {.fd = signals.fd(), .events = POLLIN, .revents = 0}};
    const Nanoseconds wait = std::clamp<Nanoseconds>((next - Worker::clock()) / 1'000'000, 0, 500);
    (void)::poll(fds, 2, static_cast<int>(wait));
    if (fds[1].revents != 0) {
      signals.take();
      signals.let_through();
      result.interrupted = true;
      crew.stop();
    }
    if (fds[0].revents != 0 && crew.all_finished()) return;
    const std::uint64_t resident = resident_octets();
    result.memory = std::max(result.memory, resident - std::min(memory_before, resident));
    const Nanoseconds now = Worker::clock();
    if (now < next) continue;
    next = now + live.interval() * 1'000'000LL;
    live.show(crew.progress(), plan.series, now);
  }
}

}  // namespace

Result run(const Options& options, const Targets& targets) {
  const std::size_t connections = options.clients + options.idle;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  // A thread without a client could not send its share of the requests.
  const std::size_t max = options.clients > 0 ? options.clients : options.idle;
  const std::size_t threads =
      std::min(options.threads != 0 ? options.threads : cores, std::max<std::size_t>(max, 1));
  reserve_descriptors(connections, threads);

  Series series;
  Plan plan{.options = options, .targets = targets, .series = series, .threads = threads};
  plan.start = Worker::clock();
  plan.measure = plan.start + in_ns(options.warmup);
  plan.end = options.time ? plan.measure + in_ns(*options.time) : std::numeric_limits<Nanoseconds>::max() / 2;

  Result result;
  result.threads = threads;
  Signals signals;
  LiveLine live(options, plan);
  const std::uint64_t memory_before = resident_octets();
  Crew crew(plan);
  crew.start();
  watch(crew, signals, live, plan, memory_before, result);
  crew.join();
  live.end();

  Nanoseconds ended = plan.measure;
  for (const auto& worker : crew.workers()) {
    result.tally.add(worker->tally());
    result.busy = std::max(result.busy, worker->busy());
    result.waited = std::max(result.waited, worker->waited());
    ended = std::max(ended, worker->ended());
  }
  result.seconds = static_cast<double>(ended - plan.measure) / 1e9;
  result.per_second = series.all();
  return result;
}

}  // namespace pollux::castor
