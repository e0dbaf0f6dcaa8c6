#include "castor/report/read_result.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <stdexcept>

#include "castor/report/result_json.h"

namespace pollux::castor {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("not a result that can be merged: " + what);
}

double number_of(const Json& json, std::string_view name, double max) {
  const double value = json.at(name).number;
  if (!(value >= 0 && value <= max)) fail(std::string(name));
  return value;
}

// At most the largest count that a double represents exactly.
std::uint64_t count_of(const Json& json) {
  constexpr double kMax = 9007199254740992;
  if (!(json.number >= 0 && json.number <= kMax)) fail("a count");
  return static_cast<std::uint64_t>(json.number);
}
std::uint64_t count_of(const Json& json, std::string_view name) { return count_of(json.at(name)); }

void read(const Json& json, Histogram& histogram) {
  const Json* found = json.find("histogram");
  if (found == nullptr) fail("no histogram; was it made by an older castor?");
  for (const Json& bucket : found->at("counts").items) {
    if (bucket.items.size() != 2) fail("a bucket");
    histogram.record(static_cast<std::int64_t>(count_of(bucket.items[0])), count_of(bucket.items[1]));
  }
  histogram.set_exact(number_of(*found, "sum_ns", 1e30), count_of(*found, "max_ns"));
}

void read(const Json& json, Answers& answers) {
  answers.succeeded = count_of(json, "succeeded");
  answers.failed = count_of(json, "failed");
  answers.octets = count_of(json, "octets_received");
  const Json& status = json.at("status");
  for (std::size_t i = 0; i < status.names.size(); ++i) {
    std::size_t code = answers.status.size();
    const std::string& name = status.names[i];
    (void)std::from_chars(name.data(), name.data() + name.size(), code);
    if (code >= answers.status.size()) fail("a status");
    answers.status[code] = count_of(status.items[i]);
  }
  const Json& errors = json.at("errors");
  for (std::size_t i = 0; i < errors.names.size(); ++i) {
    if (!answers.add_named(errors.names[i], count_of(errors.items[i]))) fail("an error of no known kind");
  }
  read(json.at("latency_us"), answers.latency);
}

void read(const Json& json, Tally& tally) {
  read(json, static_cast<Answers&>(tally));
  tally.opened = count_of(json, "connections_opened");
  read(json.at("connect_us"), tally.connect);
  read(json.at("tls_us"), tally.tls);
  tally.resumed = count_of(json.at("tls_us"), "resumed");
  read(json.at("first_octet_us"), tally.first_octet);
  if (const Json* wire = json.find("wire_octets"); wire != nullptr) tally.wire_octets = count_of(*wire);
  if (const Json* open = json.at("latency_us").find("open_loop"); open != nullptr) {
    tally.due = count_of(*open, "due");
    tally.missed = count_of(*open, "missed");
    read(open->at("service"), tally.service);
    read(open->at("lateness"), tally.lateness);
  }
  if (const Json* idle = json.find("idle"); idle != nullptr) {
    tally.held = count_of(*idle, "held");
    tally.lost = count_of(*idle, "lost");
  }
}

HttpVersion version_of(const std::string& text) {
  if (text == "2") return HttpVersion::k2;
  if (text == "1.0") return HttpVersion::k10;
  return text == "0.9" ? HttpVersion::k09 : HttpVersion::k11;
}

std::optional<double> optional_number(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  if (found == nullptr) return std::nullopt;
  return number_of(json, name, 1e15);
}

Options read_options(const Json& json) {
  Options options;
  options.clients = count_of(json, "clients");
  options.keep_alive = json.at("keep_alive").number != 0;
  options.version = version_of(json.at("http").text);
  options.method = json.at("method").text;
  options.timeout = Seconds(number_of(json, "timeout_s", 1e9));
  options.streams = static_cast<std::size_t>(optional_number(json, "streams").value_or(1));
  options.pipeline = static_cast<std::size_t>(optional_number(json, "pipeline").value_or(1));
  options.idle = static_cast<std::size_t>(optional_number(json, "idle").value_or(0));
  if (const auto time = optional_number(json, "time_s")) options.time = Seconds(*time);
  if (const auto requests = optional_number(json, "requests"))
    options.requests = static_cast<std::uint64_t>(*requests);
  options.rate = optional_number(json, "rate");
  options.rate_to = optional_number(json, "rate_to");
  options.steps = static_cast<std::size_t>(optional_number(json, "steps").value_or(0));
  if (const Json* fields = json.find("fields"); fields != nullptr) {
    for (const Json& name : fields->items) options.fields.push_back({name.text, ""});
  }
  return options;
}

WallTime time_of(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr) fail("when it started");
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

template <class Number>
void add(std::optional<Number>& sum, const std::optional<Number>& value) {
  if (value) sum = sum.value_or(Number{}) + *value;
}

void add(std::vector<Second>& sum, const std::vector<Second>& seconds) {
  sum.resize(std::max(sum.size(), seconds.size()));
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    sum[i].requests += seconds[i].requests;
    sum[i].failed += seconds[i].failed;
    sum[i].octets += seconds[i].octets;
    sum[i].max_us = std::max(sum[i].max_us, seconds[i].max_us);
  }
  for (Second& second : sum) second.p50_us = second.p99_us = 0;
}

void add(ReadResult& sum, const ReadResult& other) {
  if (sum.options.urls != other.options.urls)
    throw std::runtime_error("cannot merge: they asked for other URLs");
  sum.options.clients += other.options.clients;
  sum.options.idle += other.options.idle;
  add(sum.options.requests, other.options.requests);
  add(sum.options.rate, other.options.rate);
  add(sum.options.rate_to, other.options.rate_to);
  Result& result = sum.result;
  result.tally.add(other.result.tally);
  result.started = std::min(result.started, other.result.started);
  result.seconds = std::max(result.seconds, other.result.seconds);
  result.threads += other.result.threads;
  result.busy = std::max(result.busy, other.result.busy);
  result.memory += other.result.memory;
  add(result.per_second, other.result.per_second);
}

}  // namespace

ReadResult read_result(const Json& json) {
  if (json.find("schema") == nullptr) fail("it has no schema; was it made by an older castor?");
  if (json.at("schema").number != kJsonSchema) fail("its schema is another one");
  ReadResult read_back;
  auto& [options, result] = read_back;
  options = read_options(json.at("options"));
  const Json& urls = json.at("urls");
  read(json, result.tally);
  for (const Json& url : urls.items) {
    options.urls.push_back(url.at("url").text);
    if (urls.items.size() > 1) read(url, result.tally.by_url.emplace_back());
  }
  if (options.urls.size() > kMaxToldApart) fail("too many URLs");
  result.started = time_of(json.at("started").text);
  result.seconds = number_of(json, "seconds", 1e9);
  result.threads = count_of(json.at("options"), "threads");
  result.busy = json.at("client_saturated").number != 0 ? 1 : 0;
  if (const Json* idle = json.find("idle"); idle != nullptr) result.memory = count_of(*idle, "memory_octets");
  for (const Json& second : json.at("per_second").items) {
    result.per_second.push_back({count_of(second, "requests"), count_of(second, "failed"),
                                 count_of(second, "octets"), number_of(second, "p50_us", 1e12),
                                 number_of(second, "p99_us", 1e12), number_of(second, "max_us", 1e12)});
  }
  return read_back;
}

ReadResult merge(std::vector<ReadResult> results) {
  ReadResult sum = std::move(results.front());
  for (auto other = results.begin() + 1; other != results.end(); ++other) add(sum, *other);
  return sum;
}

}  // namespace pollux::castor
