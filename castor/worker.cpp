#include "castor/worker.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <fstream>
#include <system_error>

namespace pollux::castor {

namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kLook = kSecond / 10;     // Between two looks at all connections.
constexpr Nanoseconds kPatience = 5 * kSecond;  // For answers, when the time is over.
constexpr int kMaxConnecting = 256;             // At once, while clients begin: a backlog has an end.

UniqueFd checked(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), call);
  return UniqueFd(fd);
}

Nanoseconds in_ns(Seconds time) { return static_cast<Nanoseconds>(time.count() * 1e9); }

// A thread's share: of 10 among 3, 4 and 3 and 3.
std::size_t share(std::size_t all, std::size_t index, std::size_t threads) {
  return all / threads + (index < all % threads ? 1 : 0);
}

}  // namespace

Worker::Worker(const Plan& plan, std::size_t index)
    : plan_(plan),
      head_(plan.options.method == "HEAD"),
      timeout_(in_ns(plan.options.timeout)),
      tls_(plan.targets.https ? make_tls(plan.options) : nullptr),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")) {
  if (plan.options.requests) budget_ = share(*plan.options.requests, index, plan.threads);
  if (plan.options.rate) {
    const double between = 1e9 / *plan.options.rate;
    interval_ = between * static_cast<double>(plan.threads);
    first_due_ = between * static_cast<double>(index);
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) != 0) {
      throw std::system_error(errno, std::system_category(), "epoll_ctl");
    }
  }
  make_connections(index);
}

void Worker::make_connections(std::size_t index) {
  const Options& options = plan_.options;
  const auto& [origins, https, sources] = plan_.targets;
  const std::size_t clients = share(options.clients, index, plan_.threads);
  const std::size_t all = clients + share(options.idle, index, plan_.threads);
  connections_.reserve(all);
  for (std::size_t i = 0; i < all; ++i) {
    const std::size_t number = i * plan_.threads + index;
    const net::SocketAddress* source = sources.empty() ? nullptr : &sources[number % sources.size()];
    connections_.push_back(
        std::make_unique<Connection>(*this, origins[number % origins.size()], source, i >= clients));
    const double part = static_cast<double>(i) / static_cast<double>(all);
    waiting_.push({plan_.start + static_cast<Nanoseconds>(part * static_cast<double>(in_ns(options.ramp))),
                   connections_.back().get()});
  }
}

Nanoseconds Worker::clock() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool Worker::watch(int fd, Connection& connection) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &connection}};
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// --- The loop --------------------------------------------------------------------------------------------

void Worker::run() {
  std::array<epoll_event, 256> events;
  Nanoseconds now = clock();
  slice_end_ = plan_.measure + kSecond;
  bool measuring = false;
  for (;;) {
    if (!measuring && now >= plan_.measure) {
      measuring = true;
      measure_processor(now, true);
    }
    start_waiting(now);
    if (is_open_loop()) send_due(now);
    if (now >= next_look_) look_around(now);
    if (!over_ && (now >= plan_.end || stopped_.load(std::memory_order_relaxed))) end_of_time(now);
    if (over_ && stopped_.load(std::memory_order_relaxed)) give_up_ = std::min(give_up_, now + kPatience);
    if (over_ && (outstanding_ == 0 || now >= give_up_)) break;
    const int ready =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_time(now));
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      now = clock();
      if (event.data.ptr != nullptr) static_cast<Connection*>(event.data.ptr)->on_event(event.events, now);
    }
    if (ready <= 0) now = clock();
    publish();
  }
  ended_ = std::max(now, plan_.measure);
  measure_processor(now, false);
  for (const auto& connection : connections_) {
    tally_.held += connection->held_open() ? 1 : 0;
    connection->abandon(now);
  }
  flush_slice();
  publish();
}

int Worker::wait_time(Nanoseconds now) {
  Nanoseconds until = std::min(next_look_, over_ ? give_up_ : plan_.end);
  if (!waiting_.empty()) {
    const bool full = connecting_ >= kMaxConnecting;
    until = std::min(until, full ? now + kSecond / 1000 : waiting_.top().until);
  }
  if (is_open_loop() && !free_.empty() && !over_) set_timer(due(number_));
  return static_cast<int>(std::clamp<Nanoseconds>((until - now + 999'999) / 1'000'000, 0, 100));
}

// epoll_wait counts in milliseconds; a schedule needs better.
void Worker::set_timer(Nanoseconds when) {
  if (when == timer_set_) return;
  timer_set_ = when;
  itimerspec spec{};
  spec.it_value = {.tv_sec = when / kSecond, .tv_nsec = when % kSecond};
  (void)::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

// Clients that begin, or begin again.
void Worker::start_waiting(Nanoseconds now) {
  // Some come back at once (-f): they wait for the next turn, so that this one ends.
  for (std::size_t turns = waiting_.size(); turns > 0; --turns) {
    if (waiting_.top().until > now || connecting_ >= kMaxConnecting) return;
    Connection* connection = waiting_.top().connection;
    waiting_.pop();
    if (!connection->is_held()) {
      connection->again(now);
    } else if (!over_) {
      connection->begin_held(now);
    }
  }
}

void Worker::look_around(Nanoseconds now) {
  next_look_ = now + kLook;
  std::uint64_t held = 0;
  for (const auto& connection : connections_) {
    connection->check_time(now);
    held += connection->held_open() ? 1 : 0;
  }
  seen_held_.store(held, std::memory_order_relaxed);
  flush_slice();  // So that the live line knows of it.
}

void Worker::end_of_time(Nanoseconds now) {
  over_ = true;
  give_up_ = now + kPatience;
  if (!is_open_loop()) return;
  // What was due by now and found no client. (With -n, the schedule may have ended before.)
  const auto end = static_cast<double>(std::min(now, plan_.end) - plan_.start);
  const double all = std::max(0.0, std::ceil((end - first_due_) / interval_));
  auto open = static_cast<std::uint64_t>(all) - std::min(number_, static_cast<std::uint64_t>(all));
  if (plan_.options.requests) open = std::min(open, budget_);
  tally_.missed += open;
  tally_.due += open;
}

// --- The schedule ------------------------------------------------------------------------------------------

Nanoseconds Worker::due(std::uint64_t number) const {
  return plan_.start + static_cast<Nanoseconds>(first_due_ + interval_ * static_cast<double>(number));
}

bool Worker::next(Slot& slot, Nanoseconds now) {
  if (over_) return false;
  const Nanoseconds when = is_open_loop() ? due(number_) : now;
  if (when > now || when >= plan_.end) return false;
  const bool measured = when >= plan_.measure;
  if (measured && plan_.options.requests) {
    if (budget_ == 0) {
      over_ = true;
      give_up_ = now + std::max(timeout_, kPatience);
      return false;
    }
    --budget_;
  }
  ++number_;
  ++outstanding_;
  if (measured && is_open_loop()) ++tally_.due;
  slot = {.due = when, .begun = now, .measured = measured};
  return true;
}

void Worker::pump(Connection& connection, Nanoseconds now) {
  bool any = false;
  Slot slot;
  while (connection.has_room() && next(slot, now)) {
    connection.take(slot);
    any = true;
  }
  if (is_open_loop() && connection.has_room() && !connection.queued && !over_) {
    connection.queued = true;
    free_.push_back(&connection);
  }
  if (any) connection.go(now);
}

void Worker::send_due(Nanoseconds now) {
  while (!free_.empty() && !over_ && due(number_) <= now) {
    Connection& connection = *free_.front();
    free_.pop_front();
    connection.queued = false;
    Slot slot;
    if (!connection.has_room()) continue;  // It comes back when it has.
    if (!next(slot, now)) break;
    if (slot.measured) tally_.lateness.record(now - slot.due);
    connection.take(slot);
    if (connection.has_room()) {
      connection.queued = true;
      free_.push_back(&connection);
    }
    connection.go(now);
  }
}

void Worker::later(Connection& connection, Nanoseconds when) { waiting_.push({when, &connection}); }

// --- Counting ----------------------------------------------------------------------------------------------

void Worker::on_connected(Nanoseconds took, Nanoseconds now) {
  if (now < plan_.measure) return;
  ++tally_.opened;
  tally_.connect.record(took);
}

void Worker::on_handshake(Nanoseconds took, bool resumed, Nanoseconds now) {
  if (now < plan_.measure) return;
  tally_.tls.record(took);
  tally_.resumed += resumed ? 1 : 0;
}

void Worker::on_first_octet(const Slot& slot, Nanoseconds now) {
  if (slot.measured && slot.sent != 0) tally_.first_octet.record(now - slot.sent);  // Not if it came before.
}

void Worker::on_wire(std::size_t octets, const Slot& slot) {
  if (slot.measured) tally_.wire_octets += octets;
}

void Worker::on_partial(const Slot& slot, std::uint64_t octets) {
  if (slot.measured) tally_.octets += octets;
}

void Worker::finished(const Slot& slot, int status, std::uint64_t octets, Nanoseconds now) {
  --outstanding_;
  if (!slot.measured) return;
  const Options& options = plan_.options;
  bool good = true;
  if (!options.force) {
    ++tally_.status.at(static_cast<std::size_t>(status));
    const bool status_good = options.expect_status ? status == *options.expect_status : status < 400;
    const bool length_good = !options.expect_length || head_ || octets == *options.expect_length;
    tally_.bad_status += status_good ? 0 : 1;
    tally_.bad_length += status_good && !length_good ? 1 : 0;
    good = status_good && length_good;
  }
  ++(good ? tally_.succeeded : tally_.failed);
  tally_.octets += octets;
  tally_.latency.record(now - slot.due);
  if (is_open_loop()) tally_.service.record(now - slot.begun);
  put_into_slice(slot, good, octets, now);
}

void Worker::failed(const Slot& slot, client::Stage stage, client::ErrorKind kind, Nanoseconds now) {
  --outstanding_;
  if (!slot.measured) return;
  ++tally_.failed;
  tally_.count_error(stage, kind);
  put_into_slice(slot, false, 0, now);
}

void Worker::put_into_slice(const Slot& slot, bool good, std::uint64_t octets, Nanoseconds now) {
  if (now >= slice_end_) {
    flush_slice();
    while (now >= slice_end_) {
      slice_end_ += kSecond;
      ++second_;
    }
  }
  ++slice_.requests;
  slice_.failed += good ? 0 : 1;
  slice_.octets += octets;
  slice_.latency.record(now - slot.due);
}

void Worker::flush_slice() {
  if (slice_.requests == 0) return;
  plan_.series.add(second_, slice_);
  slice_ = {};
}

void Worker::publish() {
  seen_requests_.store(tally_.succeeded + tally_.failed, std::memory_order_relaxed);
  seen_failed_.store(tally_.failed, std::memory_order_relaxed);
}

Worker::Progress Worker::progress() const {
  return {seen_requests_.load(std::memory_order_relaxed), seen_failed_.load(std::memory_order_relaxed),
          seen_held_.load(std::memory_order_relaxed)};
}

// /proc/thread-self/schedstat: nanoseconds on a processor, and nanoseconds waiting for one.
void Worker::measure_processor(Nanoseconds now, bool begin) {
  std::array<std::uint64_t, 2> times{};
  timespec used{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  std::ifstream file("/proc/thread-self/schedstat");
  std::uint64_t ran = 0;
  file >> ran >> times[1];
  times[0] = static_cast<std::uint64_t>(used.tv_sec) * static_cast<std::uint64_t>(kSecond) +
             static_cast<std::uint64_t>(used.tv_nsec);
  if (begin) {
    processor_ = times;
    processor_since_ = now;
    return;
  }
  const double wall = static_cast<double>(std::max<Nanoseconds>(now - processor_since_, 1));
  if (processor_since_ == 0) return;
  busy_ = static_cast<double>(times[0] - processor_[0]) / wall;
  waited_ = static_cast<double>(times[1] - processor_[1]) / wall;
}

// --- TLS sessions ------------------------------------------------------------------------------------------

SSL_SESSION* Worker::known_session(const Origin& origin) const {
  const auto found = sessions_.find(&origin);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Worker::remember_session(const Origin& origin, SSL& ssl) {
  if (!plan_.options.resume) return;
  SessionPtr session(SSL_get1_session(&ssl));
  if (session && SSL_SESSION_is_resumable(session.get()) == 1) sessions_[&origin] = std::move(session);
}

}  // namespace pollux::castor
