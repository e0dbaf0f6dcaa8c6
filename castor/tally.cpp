#include "castor/tally.h"

namespace pollux::castor {

void Tally::add(const Tally& other) {
  succeeded += other.succeeded;
  failed += other.failed;
  octets += other.octets;
  wire_octets += other.wire_octets;
  opened += other.opened;
  resumed += other.resumed;
  bad_status += other.bad_status;
  bad_length += other.bad_length;
  due += other.due;
  missed += other.missed;
  held += other.held;
  lost += other.lost;
  for (std::size_t i = 0; i < status.size(); ++i) status[i] += other.status[i];
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t j = 0; j < errors[i].size(); ++j) errors[i][j] += other.errors[i][j];
  }
  latency.add(other.latency);
  service.add(other.service);
  connect.add(other.connect);
  tls.add(other.tls);
  first_octet.add(other.first_octet);
  lateness.add(other.lateness);
}

std::map<std::string, std::uint64_t> Tally::named_errors() const {
  std::map<std::string, std::uint64_t> named;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t j = 0; j < errors[i].size(); ++j) {
      if (errors[i][j] == 0) continue;
      const std::string stage(client::to_string(static_cast<client::Stage>(i)));
      named[stage + " " + std::string(client::to_string(static_cast<client::ErrorKind>(j)))] = errors[i][j];
    }
  }
  if (bad_status != 0) named["response status"] = bad_status;
  if (bad_length != 0) named["response length"] = bad_length;
  return named;
}

}  // namespace pollux::castor
