#include "castor/accounting.h"

namespace pollux::castor {

namespace {

constexpr std::chrono::seconds kSecond{1};

}  // namespace

Accounting::Accounting(const Options& options, const Timetable& times, Series& series)
    : options_(options), measure_(times.measure), series_(series), slice_end_(times.measure + kSecond) {
  if (tells_urls_apart(options)) tally_.by_url.resize(options.urls.size());
}

void Accounting::on_connected(Nanoseconds took, TimePoint now) {
  if (now < measure_) return;
  ++tally_.opened;
  tally_.connect.record(took.count());
}

void Accounting::on_handshake(Nanoseconds took, bool resumed, TimePoint now) {
  if (now < measure_) return;
  tally_.tls.record(took.count());
  tally_.resumed += resumed ? 1 : 0;
}

void Accounting::on_first_octet(const PendingRequest& request, TimePoint now) {
  if (!request.measured || request.sent == TimePoint{}) return;  // The response may overtake the request.
  tally_.first_octet.record(Nanoseconds(now - request.sent).count());
}

void Accounting::on_wire(const PendingRequest& request, std::size_t octets) {
  if (request.measured) tally_.wire_octets += octets;
}

void Accounting::on_sent_late(const PendingRequest& request, TimePoint now) {
  if (request.measured) tally_.lateness.record(Nanoseconds(now - request.due).count());
}

void Accounting::finished(const PendingRequest& request, int status, std::uint64_t octets, TimePoint now) {
  if (!request.measured) return;
  const Verdict verdict = options_.force ? Verdict::kGood : judge(request, status, octets);
  const int seen = options_.force ? 0 : status;
  const Nanoseconds latency = now - request.due;
  tally_.finished(verdict, seen, octets, latency);
  if (!tally_.by_url.empty()) tally_.by_url[request.asks->url].finished(verdict, seen, octets, latency);
  if (options_.rate) tally_.service.record(Nanoseconds(now - request.begun).count());
  add_to_slice(request, verdict == Verdict::kGood, octets, now);
  slice_.failures.count_verdict(verdict);
}

Verdict Accounting::judge(const PendingRequest& request, int status, std::uint64_t octets) const {
  if (options_.expect_status ? status != *options_.expect_status : status >= 400) return Verdict::kBadStatus;
  const bool any_length = !options_.expect_length || (request.asks != nullptr && request.asks->head);
  return any_length || octets == *options_.expect_length ? Verdict::kGood : Verdict::kBadLength;
}

void Accounting::failed(const PendingRequest& request, client::Stage stage, client::ErrorKind kind,
                        std::uint64_t octets, TimePoint now) {
  if (!request.measured) return;
  tally_.not_answered(stage, kind, octets);
  if (!tally_.by_url.empty()) tally_.by_url[request.asks->url].not_answered(stage, kind, octets);
  add_to_slice(request, false, octets, now);
  slice_.failures.count_error(stage, kind);
}

void Accounting::held_open(std::uint64_t count) {
  tally_.held = count;
  seen_held_.store(count, std::memory_order_relaxed);
}

void Accounting::scheduled(std::uint64_t due, std::uint64_t missed) {
  tally_.due = due;
  tally_.missed = missed;
}

void Accounting::add_to_slice(const PendingRequest& request, bool good, std::uint64_t octets, TimePoint now) {
  if (now >= slice_end_) {
    flush();
    const auto seconds = (now - slice_end_) / kSecond + 1;
    slice_end_ += seconds * kSecond;
    second_ += static_cast<std::size_t>(seconds);
  }
  ++slice_.requests;
  slice_.failed += good ? 0 : 1;
  slice_.octets += octets;
  slice_.latency.record(Nanoseconds(now - request.due).count());
}

void Accounting::flush() {
  if (slice_.requests == 0) return;
  series_.add(second_, slice_);
  slice_.clear();
}

void Accounting::publish() {
  seen_requests_.store(tally_.succeeded + tally_.failed, std::memory_order_relaxed);
  seen_failed_.store(tally_.failed, std::memory_order_relaxed);
}

Progress Accounting::progress() const {
  return {seen_requests_.load(std::memory_order_relaxed), seen_failed_.load(std::memory_order_relaxed),
          seen_held_.load(std::memory_order_relaxed)};
}

}  // namespace pollux::castor
