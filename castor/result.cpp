#include "castor/result.h"

#include <fmt/format.h>

#include <algorithm>

namespace pollux::castor {

namespace {

constexpr std::uint64_t kLargePart =
    10;  // A tenth: if more have failed, so has the run, unless one says otherwise.

std::string counted(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

// "1,234" of a thousand and more a second, "0.25" of few.
std::string rate_of(double per_second) {
  if (per_second >= 100) return counted(static_cast<std::uint64_t>(per_second));
  return fmt::format("{:.3g}", per_second);
}

// "312 us", "1.32 ms", "2.00 s"; or all in the unit that was asked for.
std::string time_of(double nanoseconds, LatencyUnit unit = LatencyUnit::kAuto) {
  switch (unit) {
    case LatencyUnit::kMicroseconds: return fmt::format("{:.0f} us", nanoseconds / 1e3);
    case LatencyUnit::kMilliseconds: return fmt::format("{:.3f} ms", nanoseconds / 1e6);
    case LatencyUnit::kSeconds: return fmt::format("{:.6f} s", nanoseconds / 1e9);
    case LatencyUnit::kAuto: break;
  }
  if (nanoseconds < 1e6) return fmt::format("{:.0f} us", nanoseconds / 1e3);
  if (nanoseconds < 1e9) return fmt::format("{:.2f} ms", nanoseconds / 1e6);
  return fmt::format("{:.2f} s", nanoseconds / 1e9);
}

// "12.34", and of what is small as many digits as tell it from zero.
std::string number_of(double value) {
  return value >= 1 ? fmt::format("{:.2f}", value) : fmt::format("{:.3g}", value);
}

std::string size_of(double octets) {
  const char* const units[] = {"octets", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; octets >= 1024 && unit < 4; ++unit) octets /= 1024;
  return fmt::format(fmt::runtime(unit == 0 ? "{:.0f} {}" : "{:.2f} {}"), octets, units[unit]);
}

std::string row(const char* name, const Histogram& histogram, LatencyUnit unit) {
  if (histogram.count() == 0) return {};
  std::string line = fmt::format("  {:<14}", name);
  for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
    line += fmt::format("{:>12}", time_of(static_cast<double>(histogram.percentile(percent)), unit));
  }
  return line + fmt::format("{:>12}\n", time_of(histogram.mean(), unit));
}

// How requests and connections go together.
std::string manner_of(const Options& options) {
  if (options.version == HttpVersion::k2)
    return fmt::format("HTTP/2 with {} stream{} each", options.streams, options.streams == 1 ? "" : "s");
  return options.keep_alive ? "keep-alive" : "a connection for each request";
}

std::string failures(const Tally& tally) {
  std::string text;
  for (const auto& [name, count] : tally.named_errors())
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, counted(count));
  return text;
}

std::string statuses(const Tally& tally) {
  std::string text;
  for (std::size_t code = 0; code < tally.status.size(); ++code) {
    if (tally.status[code] != 0)
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", code, counted(tally.status[code]));
  }
  return text;
}

std::string latencies(const Tally& tally, LatencyUnit unit) {
  const bool open_loop = tally.due > 0;
  std::string text = fmt::format("\n  {:<14}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}\n", "", "p50", "p90", "p99",
                                 "p99.9", "max", "mean");
  text += row(open_loop ? "since due" : "latency", tally.latency, unit);
  text += row("service", tally.service, unit);
  text += row("first octet", tally.first_octet, unit);
  text += row("connect", tally.connect, unit);
  text += row("tls", tally.tls, unit);
  text += row("own lateness", tally.lateness, unit);
  return tally.latency.count() + tally.connect.count() == 0 ? "" : text;
}

std::string loop_of(const Options& options) {
  if (!options.rate) return "closed loop";
  if (!options.rate_to) return fmt::format("open loop of {:g}/s", *options.rate);
  return fmt::format("open loop of {:g}/s to {:g}/s{}", *options.rate, *options.rate_to,
                     options.steps > 0 ? fmt::format(" in {} steps", options.steps) : "");
}

// What --find-rate has found.
std::string knee(const Options& options, const Result& result) {
  if (result.probes.empty()) return {};
  std::string text =
      fmt::format("{:>12}{:>14}{:>12}{:>12}{:>10}\n", "rate", "answered", "p50", "p99", "failed");
  for (const Probe& probe : result.probes) {
    text += fmt::format("{:>10}/s{:>12}/s{:>12}{:>12}{:>10}{}\n", rate_of(probe.rate),
                        rate_of(probe.per_second), time_of(probe.p50_us * 1e3, options.latency_unit),
                        time_of(probe.p99_us * 1e3, options.latency_unit), counted(probe.failed),
                        probe.met                ? ""
                        : probe.client_saturated ? "  not met: castor was busy"
                                                 : "  not met");
  }
  const std::string limit = time_of(options.max_p99.value_or(0) * 1e6);
  if (result.found_rate == 0) return text + fmt::format("  p99 is above {} at every rate\n\n", limit);
  return text + fmt::format("  up to {}/s p99 stays below {}\n\n", rate_of(result.found_rate), limit);
}

std::string remarks(const Options& options, const Result& result) {
  std::string text;
  const Tally& tally = result.tally;
  if (result.median) {
    text += fmt::format("\n  The median is {} to {}, in 95 of 100 cases.\n",
                        time_of(result.median->low * 1e3), time_of(result.median->high * 1e3));
  }
  if (tally.missed > 0) {
    text += fmt::format(
        "\n  {} requests were due and never sent: no client was free. Latency does not know of them.\n",
        counted(tally.missed));
  }
  if (result.client_saturated()) {
    text += fmt::format(
        "\n  The client is the bottleneck: its busiest thread ran {:.0f} % of the time. These figures are "
        "the client's.\n",
        result.busy * 100);
  } else if (result.waited >= 0.5) {
    text += fmt::format(
        "\n  A thread of the client waited for a processor {:.0f} % of the time: latencies hold some of "
        "that.\n",
        result.waited * 100);
  }
  for (const std::string& word : disappointments(options, result)) text += "\n  NOT MET: " + word + "\n";
  return text;
}

}  // namespace

void Result::append(const Result& other) {
  tally.add(other.tally);
  per_second.insert(per_second.end(), other.per_second.begin(), other.per_second.end());
  seconds += other.seconds;
  threads = other.threads;
  busy = std::max(busy, other.busy);
  waited = std::max(waited, other.waited);
  interrupted = interrupted || other.interrupted;
  memory = std::max(memory, other.memory);
}

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

std::string to_text(const Options& options, const Result& result) {
  const Tally& tally = result.tally;
  std::string text =
      knee(options, result) + fmt::format("{} client{}, {} thread{}, {}, {}{}\n", options.clients,
                                          options.clients == 1 ? "" : "s", result.threads,
                                          result.threads == 1 ? "" : "s", manner_of(options),
                                          loop_of(options), result.interrupted ? ", interrupted" : "");
  if (options.clients > 0) {
    text += fmt::format("  {} requests in {:.2f} s: {}/s\n", counted(result.requests()), result.seconds,
                        rate_of(result.per_second_mean()));
    text += fmt::format("  {} succeeded, {} failed\n", counted(tally.succeeded), counted(tally.failed));
    text += fmt::format("  {} of content, {} with heads\n", size_of(static_cast<double>(tally.octets)),
                        size_of(static_cast<double>(tally.wire_octets)));
  }
  text += fmt::format("  {} connections opened", counted(tally.opened));
  if (tally.resumed > 0) text += fmt::format(", {} TLS sessions resumed", counted(tally.resumed));
  text += '\n';
  if (options.idle > 0) {
    const std::uint64_t opened = tally.held + tally.lost;
    text +=
        fmt::format("  {} held idle until the end, {} ended by the server; {} of memory", counted(tally.held),
                    counted(tally.lost), size_of(static_cast<double>(result.memory)));
    // With few, it is castor's own that it would be a share of.
    if (opened >= 1000) {
      text +=
          fmt::format(", {} each", size_of(static_cast<double>(result.memory) / static_cast<double>(opened)));
    }
    text += '\n';
  }
  if (const std::string codes = statuses(tally); !codes.empty()) text += "  status  " + codes + "\n";
  if (const std::string errors = failures(tally); !errors.empty()) text += "  errors  " + errors + "\n";
  return text + latencies(tally, options.latency_unit) + remarks(options, result);
}

std::string to_webbench(const Options& options, const Result& result) {
  const Tally& tally = result.tally;
  std::string text;
  if (!options.quiet && tally.failed > 0) text = "Failed: " + failures(tally) + "\n";
  const double seconds = result.seconds > 0 ? result.seconds : 1;
  const double octets = static_cast<double>(tally.wire_octets);
  return text +
         fmt::format("Speed={} pages/min, {} bytes/sec.\nRequests: {} susceed, {} failed.\n",
                     static_cast<std::uint64_t>(static_cast<double>(result.requests()) / (seconds / 60)),
                     static_cast<std::uint64_t>(octets / seconds), tally.succeeded, tally.failed);
}

}  // namespace pollux::castor
