#include "castor/report/text.h"

#include <fmt/format.h>

#include "castor/expectations.h"
#include "castor/report/counted.h"

namespace pollux::castor {

namespace {

// "1,234" for a thousand per second and more, "0.25" for few.
std::string rate_of(double per_second) {
  if (per_second >= 100) return counted(static_cast<std::uint64_t>(per_second));
  return fmt::format("{:.3g}", per_second);
}

// "312 us", "1.32 ms", "2.00 s"; or all in the requested unit.
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

// The relation of requests and connections.
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

// The result of --find-rate.
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
    // With few connections, the average would mostly be castor's own memory.
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
