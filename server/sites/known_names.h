// The names of this server. A Host field alone proves nothing, since the owner of any domain can have its
// name lead here (DNS rebinding).
//
// Known are numeric addresses, localhost and the names below it, the machine's own name, and the names of the
// certificates. A stranger can own none of these.
//
// Thread: any. Constant after construction.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pollux::server {

class KnownNames {
 public:
  using HasCertificate = std::function<bool(std::string_view host)>;

  explicit KnownNames(HasCertificate has_certificate);

  // `host`: without a port, an IPv6 address without brackets. Case and a trailing dot do not matter.
  [[nodiscard]] bool include(std::string_view host) const;

 private:
  const HasCertificate has_certificate_;
  const std::string machine_;
};

}  // namespace pollux::server
