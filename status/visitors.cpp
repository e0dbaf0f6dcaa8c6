#include "status/visitors.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "http/lists.h"

namespace pollux::status {

namespace {

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

bool came_through_a_proxy(const http::FieldTable& fields) {
  return fields.find(http::FieldId::kForwarded).has_value() ||
         fields.find(http::FieldId::kXForwardedFor).has_value();
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  return ::inet_pton(AF_INET, host.c_str(), octets.data()) == 1;
}

bool names_this_machine(const http::FieldTable& fields) {
  const std::string_view host = fields.find(http::FieldId::kHost).value_or("");
  if (host.starts_with('[')) return true;
  const std::string name(host.substr(0, host.find(':')));
  return name.empty() || http::equals_ignoring_case(name, "localhost") || is_address(name);
}

}  // namespace

bool Visitors::include(const http::Request& request) const {
  if (any) return true;
  if (came_through_a_proxy(*request.fields)) return false;
  if (loopback && is_loopback(request.peer)) return names_this_machine(*request.fields);
  return std::find(addresses.begin(), addresses.end(), request.peer) != addresses.end();
}

}  // namespace pollux::status
