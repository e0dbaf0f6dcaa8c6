#include "castor/report/result_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>

#include "log/escape.h"

namespace pollux::castor {

namespace {

constexpr double kMicro = 1000;  // Nanoseconds.

double us(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kMicro; }

// The text between the brackets of a list or of an object.
class Items {
 public:
  void add(const std::string& item) {
    if (!text_.empty()) text_ += ", ";
    text_ += item;
  }
  template <class Value>
  void add(std::string_view name, const Value& value) {
    add(fmt::format("\"{}\": {}", name, value));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// With everything needed to add it to others: docs/castor.md.
std::string json_of(const Histogram& histogram, const std::string& more = {}) {
  Items buckets;
  for (const auto& [value, count] : histogram.buckets()) buckets.add(fmt::format("[{}, {}]", value, count));
  return fmt::format(
      R"({{"p50": {:.1f}, "p90": {:.1f}, "p99": {:.1f}, "p999": {:.1f}, "max": {:.1f}, "mean": {:.1f}{}, "histogram": {{"sum_ns": {:.0f}, "max_ns": {}, "counts": [{}]}}}})",
      us(histogram.percentile(50)), us(histogram.percentile(90)), us(histogram.percentile(99)),
      us(histogram.percentile(99.9)), us(histogram.max()), histogram.mean() / kMicro, more, histogram.sum(),
      histogram.max(), buckets.text());
}

// [[percent, microseconds], ...]: four points for each halving of the rest above, as far as there are values.
std::string curve(const Histogram& histogram) {
  Items points;
  for (int i = 0; std::exp2(i / 4.0) <= static_cast<double>(histogram.count()); ++i) {
    const double percent = 100 * (1 - std::exp2(-i / 4.0));
    points.add(fmt::format("[{:.6g}, {:.1f}]", percent, us(histogram.percentile(percent))));
  }
  return "[" + points.text() + "]";
}

std::string open_loop(const Tally& tally) {
  if (tally.due == 0) return {};
  return fmt::format(R"(, "open_loop": {{"due": {}, "missed": {}, "service": {}, "lateness": {}}})",
                     tally.due, tally.missed, json_of(tally.service), json_of(tally.lateness));
}

std::string median_of(const Result& result) {
  if (!result.median) return {};
  return fmt::format(R"(, "median_interval": [{:.1f}, {:.1f}])", result.median->low, result.median->high);
}

std::string find_rate(const Options& options, const Result& result) {
  if (result.probes.empty()) return {};
  Items probes;
  for (const Probe& probe : result.probes) {
    probes.add(fmt::format(
        R"({{"rate": {:.6g}, "per_second": {:.6g}, "p50_us": {:.1f}, "p99_us": {:.1f}, "failed": {}, "client_saturated": {}, "met": {}}})",
        probe.rate, probe.per_second, probe.p50_us, probe.p99_us, probe.failed, probe.client_saturated,
        probe.met));
  }
  return fmt::format("  \"find_rate\": {{\"max_p99_us\": {:.1f}, \"rate\": {:.6g}, \"probes\": [{}]}},\n",
                     options.max_p99.value_or(0) * kMicro, result.found_rate, probes.text());
}

std::string idle(const Result& result) {
  const Tally& tally = result.tally;
  if (tally.held + tally.lost == 0) return {};
  return fmt::format("  \"idle\": {{\"held\": {}, \"lost\": {}, \"memory_octets\": {}}},\n", tally.held,
                     tally.lost, result.memory);
}

std::string json_of_statuses(const Answers& answers) {
  Items items;
  for (std::size_t code = 0; code < answers.status.size(); ++code) {
    if (answers.status[code] != 0) items.add(std::to_string(code), answers.status[code]);
  }
  return "{" + items.text() + "}";
}

std::string json_of_errors(const Answers& answers) {
  Items items;
  for (const auto& [name, count] : answers.named_errors()) items.add(name, count);
  return "{" + items.text() + "}";
}

// Values of fields are left out, since they may be secrets.
std::string fields(const Options& options) {
  Items items;
  for (const client::HeaderField& field : options.fields) items.add(log::json_string(field.name));
  return "[" + items.text() + "]";
}

std::string version_of(HttpVersion version) {
  switch (version) {
    case HttpVersion::k09: return "\"0.9\"";
    case HttpVersion::k10: return "\"1.0\"";
    case HttpVersion::k2: return "\"2\"";
    case HttpVersion::k11: break;
  }
  return "\"1.1\"";
}

// The options that shape the load, with defaults resolved; options that are off by default only if they are
// on.
std::string options_of(const Options& options, const Result& result) {
  Items items;
  items.add("clients", options.clients);
  items.add("threads", result.threads);
  if (options.time) items.add("time_s", options.time->count());
  if (options.requests) items.add("requests", *options.requests);
  items.add("keep_alive", options.keep_alive);
  if (options.pipeline > 1) items.add("pipeline", options.pipeline);
  if (options.rate) items.add("rate", *options.rate);
  if (options.rate_to) items.add("rate_to", *options.rate_to);
  if (options.steps > 0) items.add("steps", options.steps);
  if (options.until_stable) items.add("until_stable", true);
  if (!options.url_file.empty()) items.add("url_file", log::json_string(options.url_file));
  if (options.random) items.add("seed", options.seed);
  if (!options.connect_to.empty()) items.add("connect_to", options.connect_to.size());
  if (!options.unix_path.empty()) items.add("unix", log::json_string(options.unix_path));
  if (options.family != AF_UNSPEC) items.add("ip_version", options.family == AF_INET ? 4 : 6);
  if (options.idle > 0) items.add("idle", options.idle);
  if (options.warmup.count() > 0) items.add("warmup_s", options.warmup.count());
  if (options.ramp.count() > 0) items.add("ramp_s", options.ramp.count());
  items.add("timeout_s", options.timeout.count());
  items.add("http", version_of(options.version));
  if (options.version == HttpVersion::k2) items.add("streams", options.streams);
  items.add("method", log::json_string(options.method));
  if (!options.fields.empty()) items.add("fields", fields(options));
  if (!options.body.empty()) items.add("body_octets", options.body.size());
  if (options.force) items.add("force", true);
  if (options.reload) items.add("reload", true);
  if (!options.proxy.empty()) items.add("proxy", log::json_string(options.proxy));
  if (options.insecure) items.add("insecure", true);
  if (options.resume) items.add("resume", true);
  if (!options.source_addresses.empty()) items.add("source_addresses", options.source_addresses.size());
  if (options.expect_status) items.add("expect_status", *options.expect_status);
  if (options.expect_length) items.add("expect_length", *options.expect_length);
  return "{" + items.text() + "}";
}

std::string urls(const Options& options, const Tally& tally) {
  std::string list;
  if (options.urls.size() > 1 && tally.by_url.empty()) return "[]";  // Too many for separate results.
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    const Answers& answers = tally.by_url.empty() ? tally : tally.by_url[i];
    list += fmt::format(R"({}
    {{"url": {}, "requests": {}, "succeeded": {}, "failed": {}, "octets_received": {}, "status": {}, "errors": {}, "latency_us": {}}})",
                        list.empty() ? "" : ",", log::json_string(options.urls[i]), answers.requests(),
                        answers.succeeded, answers.failed, answers.octets, json_of_statuses(answers),
                        json_of_errors(answers), json_of(answers.latency));
  }
  return "[" + list + "]";
}

std::string per_second(const Result& result) {
  std::string list;
  for (const Second& second : result.per_second) {
    list += fmt::format(R"({}
    {{"requests": {}, "failed": {}, "octets": {}, "p50_us": {:.1f}, "p99_us": {:.1f}, "max_us": {:.1f}}})",
                        list.empty() ? "" : ",", second.requests, second.failed, second.octets, second.p50_us,
                        second.p99_us, second.max_us);
  }
  return "[" + list + "]";
}

}  // namespace

std::string to_json(const Options& options, const Result& result) {
  const Tally& tally = result.tally;
  const std::tm started = fmt::gmtime(std::chrono::system_clock::to_time_t(result.started));
  std::string text = fmt::format(
      "{{\n  \"schema\": {},\n  \"version\": \"{}\",\n  \"started\": \"{:%Y-%m-%dT%H:%M:%SZ}\",\n",
      kJsonSchema, POLLUX_VERSION, started);
  text += fmt::format("  \"options\": {},\n", options_of(options, result));
  text +=
      fmt::format("  \"requests\": {},\n  \"succeeded\": {},\n  \"failed\": {},\n  \"seconds\": {:.3f},\n",
                  result.requests(), tally.succeeded, tally.failed, result.seconds);
  text +=
      fmt::format("  \"octets_received\": {},\n  \"connections_opened\": {},\n", tally.octets, tally.opened);
  text += idle(result) + find_rate(options, result);
  text +=
      fmt::format("  \"status\": {},\n  \"errors\": {},\n", json_of_statuses(tally), json_of_errors(tally));
  const std::string latency =
      fmt::format(", \"curve\": {}{}{}", curve(tally.latency), median_of(result), open_loop(tally));
  text += fmt::format("  \"latency_us\": {},\n  \"connect_us\": {},\n", json_of(tally.latency, latency),
                      json_of(tally.connect));
  text +=
      fmt::format("  \"tls_us\": {},\n", json_of(tally.tls, fmt::format(", \"resumed\": {}", tally.resumed)));
  text += fmt::format("  \"first_octet_us\": {},\n  \"urls\": {},\n", json_of(tally.first_octet),
                      urls(options, tally));
  text += fmt::format("  \"per_second\": {},\n", per_second(result));
  return text + fmt::format("  \"client_saturated\": {}\n}}\n", result.client_saturated());
}

}  // namespace pollux::castor
