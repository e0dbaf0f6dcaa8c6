#include "sqlpool/sql_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/metrics.h"
#include "log/logger.h"

namespace pollux::sqlpool {

namespace {

constexpr std::size_t kMaxReason = 256;  // Bytes.

// Rounded up, so that a wait is never cut to a busy loop.
milliseconds until(TimePoint then, TimePoint now) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(then - now));
}

}  // namespace

SqlPool::SqlPool(std::string name, Connector connector, const PoolOptions& options, Clock clock)
    : name_(std::move(name)), connector_(std::move(connector)), options_(options), clock_(std::move(clock)) {
  reason_.reserve(kMaxReason);
}

SqlPool::~SqlPool() { metrics::change(metrics::Gauge::kSqlConnections, -static_cast<std::int64_t>(total_)); }

void SqlPool::add_connections(std::int64_t more) noexcept {
  total_ = static_cast<std::size_t>(static_cast<std::int64_t>(total_) + more);
  metrics::change(metrics::Gauge::kSqlConnections, more);
}

SqlPool::Lease SqlPool::acquire(TimePoint deadline) {
  for (;;) {
    Step step = next_step(deadline);
    if (step.one.empty()) return {*this, open(step.epoch), step.epoch};
    if (!step.ask || step.one.front().connection->ping()) return {*this, std::move(step.one), step.epoch};
    give_back(std::move(step.one), step.epoch);  // Discards it.
  }
}

SqlPool::Step SqlPool::next_step(TimePoint deadline) {
  const MutexLock lock(mutex_);
  for (;;) {
    const TimePoint now = clock_();
    if (state_ == State::kUp && !idle_.empty()) return take_idle(now);
    if (may_open(now)) {
      add_connections(1);
      ++opening_;
      return {{}, false, epoch_};
    }
    if (state_ == State::kAway) throw unavailable(now);
    if (now >= deadline) throw Error(Error::Kind::kBusy, "all connections to the database are in use");
    changed_.wait_for(mutex_, until(deadline, now));
  }
}

SqlPool::Step SqlPool::take_idle(TimePoint now) {
  const Member& latest = idle_.back();  // The others may rest.
  Step step{{}, latest.suspect || now - latest.idle_since >= options_.ask_after_idle, epoch_};
  step.one.splice(step.one.end(), idle_, std::prev(idle_.end()));
  return step;
}

bool SqlPool::may_open(TimePoint now) const {
  if (total_ >= options_.size) return false;
  if (state_ == State::kUp) return true;
  return opening_ == 0 && (state_ == State::kUnknown || now >= next_attempt_);
}

SqlPool::Members SqlPool::open(std::uint64_t epoch) {
  try {
    Members one(1);
    one.front().connection = connector_();
    connected();
    return one;
  } catch (const Error& error) {
    if (!not_connected(error.kind(), error.what(), epoch)) throw;
  } catch (const std::exception& error) {  // Out of memory.
    (void)not_connected(Error::Kind::kOther, error.what(), epoch);
  }
  const MutexLock lock(mutex_);
  throw unavailable(clock_());
}

void SqlPool::connected() noexcept {
  const MutexLock lock(mutex_);
  --opening_;
  if (state_ == State::kAway) log::info("the database {} is back", name_);
  state_ = State::kUp;
  pause_ = milliseconds(0);
  changed_.notify_all();
}

bool SqlPool::not_connected(Error::Kind kind, std::string_view reason, std::uint64_t epoch) noexcept {
  Members dead;  // Closed after the lock is released, as everything that may take its time.
  const MutexLock lock(mutex_);
  --opening_;
  add_connections(-1);
  changed_.notify_all();
  if (kind == Error::Kind::kBusy && state_ == State::kUp) return false;
  if (epoch == epoch_) dead = go_away(reason);
  return true;
}

void SqlPool::give_back(Members one, std::uint64_t epoch) noexcept {
  Members dead;
  Member& member = one.front();
  const Connection::Health health = member.connection->health();
  const MutexLock lock(mutex_);
  changed_.notify_one();
  if (health == Connection::Health::kGood && state_ == State::kUp) {
    member.idle_since = clock_();
    member.suspect = false;
    idle_.splice(idle_.end(), one);
    return;
  }
  add_connections(-1);
  dead.splice(dead.end(), one);
  if (epoch != epoch_ || state_ != State::kUp) return;
  if (health == Connection::Health::kTimedOut) {
    dead.splice(dead.end(), go_away("it does not answer"));
  } else {
    for (Member& idle : idle_) idle.suspect = true;
  }
}

SqlPool::Members SqlPool::go_away(std::string_view reason) noexcept {
  if (state_ != State::kAway) {
    metrics::count(metrics::Counter::kSqlFailures);
    log::warn("the database {} is away: {}", name_, reason);
    ++epoch_;
  }
  state_ = State::kAway;
  reason_.assign(reason.substr(0, kMaxReason));
  pause_ = std::clamp(pause_ * 2, options_.first_pause, options_.longest_pause);
  next_attempt_ = clock_() + pause_;
  changed_.notify_all();  // Nobody need wait for a connection now.
  add_connections(-static_cast<std::int64_t>(idle_.size()));
  Members dead;
  dead.swap(idle_);
  return dead;
}

Error SqlPool::unavailable(TimePoint now) const {
  return {Error::Kind::kUnavailable, reason_, std::max(milliseconds(1), until(next_attempt_, now))};
}

std::size_t SqlPool::connections() const {
  const MutexLock lock(mutex_);
  return total_;
}

Transaction::Transaction(SqlPool::Lease& lease) : connection_(lease.connection()) { connection_.begin(); }

Transaction::~Transaction() {
  if (open_) connection_.rollback();
}

void Transaction::commit() {
  connection_.commit();
  open_ = false;
}

}  // namespace pollux::sqlpool
