#include "castor/find_rate.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pollux::castor {

namespace {

constexpr double kFirstRate = 100;
constexpr double kCloseEnough = 1.05;  // Between a rate that succeeds and one that fails.

class Search {
 public:
  Search(const Options& options, const TryRate& try_rate) : options_(options), try_rate_(try_rate) {}

  Result run() {
    const double limit = options_.rate_to.value_or(HUGE_VAL);
    double good = 0;
    double bad = 0;
    double rate = std::min(options_.rate.value_or(kFirstRate), limit);
    while (!interrupted_ && good < limit && bad == 0) {
      (does(rate) ? good : bad) = rate;
      rate = std::min(2 * rate, limit);
    }
    while (!interrupted_ && good > 0 && bad > good * kCloseEnough) {
      const double middle = std::sqrt(good * bad);
      (does(middle) ? good : bad) = middle;
    }
    best_.probes = std::move(probes_);
    best_.found_rate = good;
    best_.interrupted = interrupted_;
    return std::move(best_);
  }

 private:
  bool does(double rate) { return try_once(rate) || (!interrupted_ && try_once(rate)); }

  bool try_once(double rate) {
    Options options = options_;
    options.rate = rate;
    options.rate_to.reset();
    Result result = try_rate_(options);
    const Tally& tally = result.tally;
    Probe probe{.rate = rate,
                .per_second = result.per_second_mean(),
                .p50_us = static_cast<double>(tally.latency.percentile(50)) / 1000,
                .p99_us = static_cast<double>(tally.latency.percentile(99)) / 1000,
                .failed = tally.failed + tally.missed,
                .client_saturated = result.client_saturated()};
    interrupted_ = result.interrupted;
    probe.met = !interrupted_ && tally.succeeded > 0 && probe.failed <= options_.max_errors.value_or(0) &&
                probe.p99_us <= options_.max_p99.value_or(0) * 1000;
    probes_.push_back(probe);
    if (probe.met || !any_met_) best_ = std::move(result);
    any_met_ = any_met_ || probe.met;
    return probe.met;
  }

  const Options& options_;
  const TryRate& try_rate_;
  std::vector<Probe> probes_;
  Result best_;
  bool any_met_ = false;
  bool interrupted_ = false;
};

}  // namespace

Result find_rate(const Options& options, const TryRate& try_rate) { return Search(options, try_rate).run(); }

}  // namespace pollux::castor
