#include "castor/expectations.h"

#include <fmt/format.h>

#include <algorithm>

#include "castor/report/counted.h"

namespace pollux::castor {

namespace {

constexpr std::uint64_t kLargePart =
    10;  // A tenth: more failures fail the run, unless an option says otherwise.

// "12.34"; a small value has as many digits as distinguish it from zero.
std::string number_of(double value) {
  return value >= 1 ? fmt::format("{:.2f}", value) : fmt::format("{:.3g}", value);
}

}  // namespace

std::vector<std::string> disappointments(const Options& options, const Result& result) {
  std::vector<std::string> words;
  const Tally& tally = result.tally;
  std::uint64_t answered = 0;
  for (const std::uint64_t count : tally.status) answered += count;
  const bool any =
      answered > 0 || (options.force && tally.succeeded > 0) || (options.clients == 0 && tally.opened > 0);
  const bool asked = options.max_errors || options.expect_status || options.webbench;
  if (!any) {
    words.emplace_back("nothing could be measured: there was no answer");
  } else if (options.clients > 0 && tally.succeeded == 0 && !asked) {
    words.emplace_back("no request succeeded");
  } else if (tally.failed > tally.requests() / kLargePart && !asked) {
    words.push_back(
        fmt::format("{} of {} requests failed", counted(tally.failed), counted(tally.requests())));
  }
  if (options.expect_status && tally.bad_status > 0)
    words.push_back(
        fmt::format("{} answers had another status than {}", tally.bad_status, *options.expect_status));
  const std::uint64_t unanswered = tally.failed - std::min(tally.failed, tally.bad_status + tally.bad_length);
  if ((options.expect_status || options.expect_length) && !options.max_errors && unanswered > 0)
    words.push_back(fmt::format("{} requests had no answer", unanswered));
  if (options.expect_length && tally.bad_length > 0)
    words.push_back(
        fmt::format("{} answers had another length than {}", tally.bad_length, *options.expect_length));
  if (options.until_stable && any && (!result.median || result.median->reach() > kStableReach)) {
    words.push_back(result.median ? fmt::format("the median is known to {:.1f} %, and not to {:.0f} %",
                                                result.median->reach() * 100, kStableReach * 100)
                                  : std::string("there was no time to know the median"));
  }
  if (!result.probes.empty() && result.found_rate == 0) {
    words.emplace_back("no rate that was tried met what --max-p99 asks");
    return words;
  }
  const double p99 = static_cast<double>(tally.latency.percentile(99)) / 1e6;
  if (options.max_p99 && any && p99 > *options.max_p99)
    words.push_back(
        fmt::format("p99 is {} ms, and not at most {} ms", number_of(p99), number_of(*options.max_p99)));
  if (options.max_errors && tally.failed > *options.max_errors)
    words.push_back(fmt::format("{} requests failed, and not at most {}", tally.failed, *options.max_errors));
  if (options.max_errors && tally.lost > *options.max_errors)
    words.push_back(
        fmt::format("{} idle connections were lost, and not at most {}", tally.lost, *options.max_errors));
  return words;
}

}  // namespace pollux::castor
