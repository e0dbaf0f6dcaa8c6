#include "castor/report/exports.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pollux::castor {

namespace {

constexpr double kMilli = 1e6;  // Nanoseconds.
constexpr double kNanosecondsPerSecond = 1e9;

// The count of values up to and including `value`, which is that of a bucket.
std::uint64_t count_up_to(const std::vector<Histogram::Bucket>& buckets, std::uint64_t value) {
  std::uint64_t count = 0;
  for (const auto& [highest, in_it] : buckets) {
    if (highest > value) break;
    count += in_it;
  }
  return count;
}

std::string hdr_line(double nanoseconds, double part, std::uint64_t count) {
  const std::string line = fmt::format("{:12.3f} {:1.12f} {:10d}", nanoseconds / kMilli, part, count);
  return part >= 1 ? line + "            inf\n" : line + fmt::format(" {:14.2f}\n", 1 / (1 - part));
}

}  // namespace

std::string to_hdr(const Histogram& latency) {
  constexpr int kTicks = 5;  // For each halving of the rest above, as HdrHistogram's default.
  std::string text =
      fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  const auto buckets = latency.buckets();
  const auto total = static_cast<double>(latency.count());
  bool whole = latency.count() == 0;
  for (int tick = 0; !whole; ++tick) {
    const int halvings = tick / kTicks;
    const double above = std::exp2(-halvings);
    const double part = 1 - above + above / 2 * (tick % kTicks) / kTicks;
    const std::uint64_t value = latency.percentile(part * 100);
    const std::uint64_t count = value >= latency.max() ? latency.count() : count_up_to(buckets, value);
    text += hdr_line(static_cast<double>(value), part, count);
    whole = count >= latency.count() || 1 - part < 1 / total;
  }
  if (latency.count() > 0) text += hdr_line(static_cast<double>(latency.max()), 1, latency.count());
  text += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", latency.mean() / kMilli,
                      latency.deviation() / kMilli);
  text += fmt::format("#[Max     = {:12.3f}, Total count    = {:12d}]\n",
                      static_cast<double>(latency.max()) / kMilli, latency.count());
  // Of the layout, as HdrHistogram counts it: powers of two, and linear parts of the first one.
  return text + fmt::format("#[Buckets = {:12d}, SubBuckets     = {:12d}]\n", 33, 256);
}

std::string to_csv(const Result& result) {
  std::string text = "second,requests,failed,octets_received,p50_us,p99_us,max_us\n";
  std::size_t number = 0;
  for (const Second& second : result.per_second) {
    text += fmt::format("{},{},{},{},{:.1f},{:.1f},{:.1f}\n", ++number, second.requests, second.failed,
                        second.octets, second.p50_us, second.p99_us, second.max_us);
  }
  const Tally& tally = result.tally;
  const auto us = [&](double percent) {
    return static_cast<double>(tally.latency.percentile(percent)) / 1000;
  };
  return text + fmt::format("all,{},{},{},{:.1f},{:.1f},{:.1f}\n", tally.requests(), tally.failed,
                            tally.octets, us(50), us(99), us(100));
}

namespace {

std::string metric(const char* name, const char* type, const char* help) {
  return fmt::format("# HELP castor_{0} {2}\n# TYPE castor_{0} {1}\n", name, type, help);
}

template <class Value>
std::string gauge(const char* name, const char* help, const Value& value) {
  return metric(name, "gauge", help) + fmt::format("castor_{} {}\n", name, value);
}

std::string summary(const char* name, const char* help, const Histogram& histogram) {
  if (histogram.count() == 0) return {};
  std::string text = metric(name, "summary", help);
  for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
    text += fmt::format("castor_{}{{quantile=\"{:g}\"}} {:.9f}\n", name, percent / 100,
                        static_cast<double>(histogram.percentile(percent)) / kNanosecondsPerSecond);
  }
  return text + fmt::format("castor_{0}_sum {1:.9f}\ncastor_{0}_count {2}\n", name,
                            histogram.sum() / kNanosecondsPerSecond, histogram.count());
}

}  // namespace

// All are gauges, since the run is over when it is reported, and the next one begins at zero.
std::string to_prometheus(const Options& options, const Result& result) {
  const Tally& tally = result.tally;
  std::string text = gauge("requests", "Requests that were answered or have failed.", tally.requests());
  text += gauge("requests_failed", "Requests that have failed.", tally.failed);
  text += metric("responses", "gauge", "Responses by status.");
  for (std::size_t code = 0; code < tally.status.size(); ++code) {
    if (tally.status[code] != 0)
      text += fmt::format("castor_responses{{code=\"{}\"}} {}\n", code, tally.status[code]);
  }
  text += metric("errors", "gauge", "Failed requests by stage and kind.");
  for (const auto& [name, count] : tally.named_errors()) {
    const std::size_t blank = name.find(' ');
    text += fmt::format("castor_errors{{stage=\"{}\",kind=\"{}\"}} {}\n", name.substr(0, blank),
                        name.substr(blank + 1), count);
  }
  text += gauge("content_octets", "Octets of content received.", tally.octets);
  text += gauge("connections_opened", "Connections opened.", tally.opened);
  text += gauge("clients", "Clients at once.", options.clients);
  text += gauge("run_seconds", "From the end of the warm-up until the last answer.",
                fmt::format("{:.3f}", result.seconds));
  text +=
      gauge("requests_per_second", "Requests in a second.", fmt::format("{:.6g}", result.per_second_mean()));
  text += gauge("client_saturated", "1: the figures are of castor and not of the server.",
                result.client_saturated() ? 1 : 0);
  text += summary("latency_seconds", "Latency of requests; with --rate since they were due.", tally.latency);
  text += summary("service_seconds", "From when a connection took the request.", tally.service);
  text += summary("first_octet_seconds", "From the request until the first octet of its response.",
                  tally.first_octet);
  text += summary("connect_seconds", "Time to connect.", tally.connect);
  return text + summary("tls_seconds", "Time of TLS handshakes.", tally.tls);
}

}  // namespace pollux::castor
