#include "castor/schedule.h"

#include <algorithm>
#include <cmath>

namespace pollux::castor {

namespace {

// The wait for a connection while kMaxConnecting are being made.
constexpr Nanoseconds kUntilConnected = std::chrono::milliseconds(1);

}  // namespace

Schedule::Schedule(const Options& options, const Timetable& times, const Share& share)
    : times_(times),
      timeout_(std::chrono::duration_cast<Nanoseconds>(options.timeout)),
      first_held_(static_cast<ClientId>(share.of(options.clients))),
      clients_(first_held_ + static_cast<ClientId>(share.of(options.idle))),
      share_(share),
      free_(clients_),
      is_free_(clients_) {
  if (options.requests) budget_ = share.of(*options.requests);
  if (options.rate) {
    curve_ = RateCurve(*options.rate, options.rate_to.value_or(*options.rate), options.steps,
                       options.warmup.count(), options.time.value_or(Seconds(0)).count());
  }
  for (ClientId client = 0; client < clients_; ++client) {
    const Seconds after = options.ramp * client / clients_;
    later(client, times_.start + std::chrono::duration_cast<Nanoseconds>(after));
  }
}

TimePoint Schedule::due_at(std::uint64_t number) const {
  const auto of_all = static_cast<double>(share_.index + number * share_.threads);
  return times_.start + Nanoseconds(std::llround(curve_.due_at(of_all)));
}

std::uint64_t Schedule::number_due_before(TimePoint time) const {
  const auto since_start = static_cast<double>(Nanoseconds(time - times_.start).count());
  const double of_all = curve_.count_before(since_start) - static_cast<double>(share_.index);
  return static_cast<std::uint64_t>(std::max(0.0, std::ceil(of_all / static_cast<double>(share_.threads))));
}

std::optional<PendingRequest> Schedule::next(TimePoint now) {
  if (over_) return std::nullopt;
  const TimePoint due = is_open_loop() ? due_at(number_) : now;
  if (due > now || due >= times_.end) return std::nullopt;
  const bool measured = due >= times_.measure;
  if (measured && budget_) {
    if (*budget_ == 0) {
      end(now + std::max(timeout_, kPatience));
      return std::nullopt;
    }
    --*budget_;
  }
  ++number_;
  ++outstanding_;
  if (measured && is_open_loop()) ++due_;
  return PendingRequest{.due = due, .begun = now, .sent = {}, .measured = measured};
}

void Schedule::wait_for_request(ClientId client) {
  if (!is_open_loop() || over_ || is_free_[client]) return;
  is_free_[client] = true;
  free_[(first_free_ + free_count_++) % clients_] = client;
}

std::optional<Schedule::ClientId> Schedule::take_free(TimePoint now) {
  if (free_count_ == 0 || over_ || due_at(number_) > now) return std::nullopt;
  const ClientId client = free_[first_free_];
  first_free_ = (first_free_ + 1) % clients_;
  --free_count_;
  is_free_[client] = false;
  return client;
}

std::optional<Schedule::ClientId> Schedule::take_waiting(TimePoint now) {
  if (waiting_.empty() || waiting_.top().until > now || connecting_ >= kMaxConnecting) return std::nullopt;
  const ClientId client = waiting_.top().client;
  waiting_.pop();
  return client;
}

void Schedule::stop(TimePoint now, Nanoseconds patience) {
  if (!over_) {
    if (is_open_loop()) count_missed(now);
    end(now + patience);
  }
  give_up_ = std::min(give_up_, now + patience);
}

void Schedule::end(TimePoint give_up) {
  over_ = true;
  give_up_ = give_up;
}

// Requests that are due by now and found no client. With -n, the schedule may have ended earlier.
void Schedule::count_missed(TimePoint now) {
  const std::uint64_t all = number_due_before(std::min(now, times_.end));
  const std::uint64_t sent_or_warm = std::max(number_, number_due_before(times_.measure));
  std::uint64_t missed = all - std::min(sent_or_warm, all);
  if (budget_) missed = std::min(missed, *budget_);
  missed_ += missed;
  due_ += missed;
}

TimePoint Schedule::next_wake(TimePoint now) const {
  TimePoint wake = over_ ? give_up_ : times_.end;
  if (!waiting_.empty()) {
    const bool full = connecting_ >= kMaxConnecting;
    wake = std::min(wake, full ? now + kUntilConnected : waiting_.top().until);
  }
  if (free_count_ > 0 && !over_) wake = std::min(wake, due_at(number_));
  return wake;
}

}  // namespace pollux::castor
