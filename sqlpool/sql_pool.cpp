#include "sqlpool/sql_pool.h"

#include <algorithm>
#include <utility>

#include "base/metrics.h"
#include "log/logger.h"

namespace pollux::sqlpool {

namespace {

// Rounded up, so that a wait is never cut to a busy loop.
milliseconds until(TimePoint then, TimePoint now) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(then - now));
}

}  // namespace

SqlPool::SqlPool(std::string name, Connector connector, const PoolOptions& options, Clock clock)
    : name_(std::move(name)), connector_(std::move(connector)), options_(options), clock_(std::move(clock)) {}

SqlPool::~SqlPool() { metrics::change(metrics::Gauge::kSqlConnections, -static_cast<std::int64_t>(total_)); }

void SqlPool::add_connections(std::int64_t more) {
  total_ = static_cast<std::size_t>(static_cast<std::int64_t>(total_) + more);
  metrics::change(metrics::Gauge::kSqlConnections, more);
}

SqlPool::Lease SqlPool::acquire(TimePoint deadline) {
  for (;;) {
    Step step = next_step(deadline);
    if (step.connection == nullptr) return {*this, open(step.epoch), step.epoch, deadline};
    if (!step.ask || step.connection->ping()) {
      return {*this, std::move(step.connection), step.epoch, deadline};
    }
    give_back(std::move(step.connection), step.epoch);  // Discards it.
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
      return {nullptr, false, epoch_};
    }
    if (state_ == State::kAway) throw unavailable(now);
    if (now >= deadline) throw Error(Error::Kind::kBusy, "all connections to the database are in use");
    changed_.wait_for(mutex_, until(deadline, now));
  }
}

SqlPool::Step SqlPool::take_idle(TimePoint now) {
  Idle idle = std::move(idle_.back());  // The latest: the others may rest.
  idle_.pop_back();
  const bool ask = idle.suspect || now - idle.since >= options_.ask_after_idle;
  return {std::move(idle.connection), ask, epoch_};
}

bool SqlPool::may_open(TimePoint now) const {
  if (total_ >= options_.size) return false;
  if (state_ == State::kUp) return true;
  return opening_ == 0 && (state_ == State::kUnknown || now >= next_attempt_);
}

std::unique_ptr<Connection> SqlPool::open(std::uint64_t epoch) {
  try {
    std::unique_ptr<Connection> connection = connector_();
    connected();
    return connection;
  } catch (const Error& error) {
    throw not_connected(error, epoch);
  } catch (const std::exception& error) {  // Out of memory.
    throw not_connected(Error(Error::Kind::kOther, error.what()), epoch);
  }
}

void SqlPool::connected() {
  const MutexLock lock(mutex_);
  --opening_;
  if (state_ == State::kAway) log::info("the database {} is back", name_);
  state_ = State::kUp;
  pause_ = milliseconds(0);
  changed_.notify_all();
}

Error SqlPool::not_connected(const Error& error, std::uint64_t epoch) {
  Connections dead;
  const MutexLock lock(mutex_);
  --opening_;
  add_connections(-1);
  changed_.notify_all();
  // The server has enough of us for now, but it is there.
  if (error.kind() == Error::Kind::kBusy && state_ == State::kUp) return error;
  if (epoch == epoch_) dead = go_away(error.what());
  return unavailable(clock_());
}

void SqlPool::give_back(std::unique_ptr<Connection> connection, std::uint64_t epoch) noexcept {
  Connections dead;  // Closed after the lock is released, as everything that may take its time.
  const Connection::Health health = connection->health();
  const MutexLock lock(mutex_);
  changed_.notify_one();
  if (health == Connection::Health::kGood && state_ == State::kUp) {
    idle_.push_back({std::move(connection), clock_(), false});
    return;
  }
  add_connections(-1);
  dead.push_back(std::move(connection));
  if (epoch != epoch_ || state_ != State::kUp) return;
  if (health == Connection::Health::kTimedOut) {
    for (auto& one : go_away("it does not answer")) dead.push_back(std::move(one));
  } else {
    for (Idle& idle : idle_) idle.suspect = true;
  }
}

SqlPool::Connections SqlPool::go_away(const std::string& reason) {
  const TimePoint now = clock_();
  if (state_ != State::kAway) {
    metrics::count(metrics::Counter::kSqlFailures);
    log::warn("the database {} is away: {}", name_, reason);
    ++epoch_;
  }
  state_ = State::kAway;
  reason_ = reason;
  pause_ = std::clamp(pause_ * 2, options_.first_pause, options_.longest_pause);
  next_attempt_ = now + pause_;
  changed_.notify_all();  // Who waits for a connection need not.
  Connections dead;
  for (Idle& idle : idle_) dead.push_back(std::move(idle.connection));
  add_connections(-static_cast<std::int64_t>(idle_.size()));
  idle_.clear();
  return dead;
}

Error SqlPool::unavailable(TimePoint now) const {
  return {Error::Kind::kUnavailable, reason_, std::max(milliseconds(1), until(next_attempt_, now))};
}

std::size_t SqlPool::connections() const {
  const MutexLock lock(mutex_);
  return total_;
}

Reply SqlPool::Lease::execute(Sql sql, std::initializer_list<Value> values) {
  check_deadline();
  return connection_->execute(sql, values);
}

void SqlPool::Lease::check_deadline() const {
  if (pool_->clock_() >= deadline_) throw Error(Error::Kind::kBusy, "the database takes too long");
}

Transaction::Transaction(SqlPool::Lease& lease) : connection_(*lease.connection_) {
  lease.check_deadline();
  connection_.begin();
}

Transaction::~Transaction() {
  if (open_) connection_.rollback();
}

void Transaction::commit() {
  connection_.commit();
  open_ = false;
}

}  // namespace pollux::sqlpool
