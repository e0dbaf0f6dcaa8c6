#include "castor/tally.h"

namespace pollux::castor {

void Answers::finished(Verdict verdict, int code, std::uint64_t content, std::chrono::nanoseconds took) {
  ++(verdict == Verdict::kGood ? succeeded : failed);
  count_verdict(verdict);
  if (code != 0) ++status.at(static_cast<std::size_t>(code));
  octets += content;
  latency.record(took.count());
}

void Answers::not_answered(client::Stage stage, client::ErrorKind kind, std::uint64_t content) {
  ++failed;
  count_error(stage, kind);
  octets += content;
}

void Answers::add(const Answers& other) {
  Failures::add(other);
  succeeded += other.succeeded;
  failed += other.failed;
  octets += other.octets;
  for (std::size_t i = 0; i < status.size(); ++i) status[i] += other.status[i];
  latency.add(other.latency);
}

void Tally::add(const Tally& other) {
  Answers::add(other);
  if (by_url.size() < other.by_url.size()) by_url.resize(other.by_url.size());
  for (std::size_t i = 0; i < other.by_url.size(); ++i) by_url[i].add(other.by_url[i]);
  wire_octets += other.wire_octets;
  opened += other.opened;
  resumed += other.resumed;
  due += other.due;
  missed += other.missed;
  held += other.held;
  lost += other.lost;
  service.add(other.service);
  connect.add(other.connect);
  tls.add(other.tls);
  first_octet.add(other.first_octet);
  lateness.add(other.lateness);
}

void Failures::add(const Failures& other) {
  bad_status += other.bad_status;
  bad_length += other.bad_length;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t j = 0; j < errors[i].size(); ++j) errors[i][j] += other.errors[i][j];
  }
}

namespace {

constexpr const char* kBadStatus = "response status";
constexpr const char* kBadLength = "response length";

std::string name_of(std::size_t stage, std::size_t kind) {
  return std::string(client::to_string(static_cast<client::Stage>(stage))) + " " +
         std::string(client::to_string(static_cast<client::ErrorKind>(kind)));
}

}  // namespace

std::map<std::string, std::uint64_t> Failures::named_errors() const {
  std::map<std::string, std::uint64_t> named;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t j = 0; j < errors[i].size(); ++j) {
      if (errors[i][j] != 0) named[name_of(i, j)] += errors[i][j];
    }
  }
  if (bad_status != 0) named[kBadStatus] = bad_status;
  if (bad_length != 0) named[kBadLength] = bad_length;
  return named;
}

bool Failures::add_named(std::string_view name, std::uint64_t count) {
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t j = 0; j < errors[i].size(); ++j) {
      if (name_of(i, j) != name) continue;
      errors[i][j] += count;
      return true;
    }
  }
  const bool status = name == kBadStatus;
  if (!status && name != kBadLength) return false;
  (status ? bad_status : bad_length) += count;
  return true;
}

}  // namespace pollux::castor
