#include "server/sites/known_names.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

#include "base/ip_network.h"
#include "http/lists.h"

namespace pollux::server {

namespace {

std::string machine_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size()) == 0 ? name.data() : "";
}

// RFC 6761 6.3
bool is_localhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  if (host.size() < kName.size()) return false;
  const std::string_view below = host.substr(0, host.size() - kName.size());
  return http::equals_ignoring_case(host.substr(below.size()), kName) &&
         (below.empty() || below.ends_with('.'));
}

}  // namespace

KnownNames::KnownNames(HasCertificate has_certificate)
    : has_certificate_(std::move(has_certificate)), machine_(machine_name()) {}

bool KnownNames::include(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;
  return IpAddress::parse(host) || is_localhost(host) || http::equals_ignoring_case(host, machine_) ||
         has_certificate_(host);
}

}  // namespace pollux::server
