#include "status/visitors.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ip_network.h"
#include "http/lists.h"
#include "http/uri.h"
#include "log/throttle.h"

namespace pollux::status {

namespace {

bool is_loopback(std::string_view address) {
  const auto parsed = IpAddress::parse(address);
  return parsed && parsed->is_loopback();
}

bool has_fields_of_a_proxy(const http::FieldTable& fields) {
  using http::FieldId;
  constexpr std::array kAdded{FieldId::kForwarded,       FieldId::kVia,
                              FieldId::kXForwardedFor,   FieldId::kXForwardedHost,
                              FieldId::kXForwardedProto, FieldId::kXRealIp};
  return std::any_of(kAdded.begin(), kAdded.end(), [&fields](FieldId id) { return fields.has(id); });
}

bool names_this_machine(const http::FieldTable& fields) {
  const std::string_view host = http::host_of(fields.find(http::FieldId::kHost).value_or(""));
  return host.empty() || http::equals_ignoring_case(host, "localhost") || IpAddress::parse(host);
}

// For whoever wonders where the pages are.
void report_proxy(const http::Request& request) {
  static log::Throttle throttle(1);
  throttle.log(log::Level::kWarn,
               "{} is refused: the request came through a proxy on this machine; see status.listen",
               request.path);
}

}  // namespace

bool Visitors::include(const http::Request& request) const {
  if (any) return true;
  const bool listed = std::find(addresses.begin(), addresses.end(), request.peer) != addresses.end();
  if (request.forwarded) return listed;
  const bool added_to = has_fields_of_a_proxy(*request.fields);
  if (!is_loopback(request.peer)) return listed && !added_to;
  if (!loopback && !listed) return false;
  if (!added_to && request.version != http::Version::k10) return names_this_machine(*request.fields);
  report_proxy(request);
  return false;
}

}  // namespace pollux::status
