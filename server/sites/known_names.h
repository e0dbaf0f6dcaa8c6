// The names by which this server may be called: what Host says proves nothing, since whoever has a domain can
// have its name lead here (DNS rebinding).
//
// Known are numeric addresses, localhost and the names below it, the machine's own name, and the names of the
// certificates. None of them can be had by a stranger.
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

  // `host`: without a port, an IPv6 address without brackets. Case and a dot at its end do not matter.
  [[nodiscard]] bool include(std::string_view host) const;

 private:
  const HasCertificate has_certificate_;
  const std::string machine_;
};

}  // namespace pollux::server
