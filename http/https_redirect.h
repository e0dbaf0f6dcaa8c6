// Redirects every request to the same address under https (RFC 9110 15.4.9), on a plain listener whose site
// is served over TLS only. kChallenges is an exception, see server/sites/hosted_site.cpp.
//
// The host comes from the request, so it goes into Location only if there is a certificate for it. Otherwise
// an attacker could make a cache on the way store a redirect to a foreign host.
//
// Thread: any. Constant once it serves.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "http/handler.h"
#include "http/hosts.h"

namespace pollux::http {

class HttpsRedirect final : public AnsweringHandler {
 public:
  // The path where an authority looks for proof that a name is ours, before there is a certificate for it
  // (RFC 8555 8.3).
  static constexpr const char* kChallenges = "/.well-known/acme-challenge/";

  using IsOurs = std::function<bool(std::string_view host)>;

  // `hosts`: their error pages are used. Must outlive the handler.
  HttpsRedirect(IsOurs is_ours, const Hosts& hosts) : is_ours_(std::move(is_ours)), hosts_(hosts) {}

  // The port of https. REQUIRES: nothing is served yet.
  void set_port(std::uint16_t port) { port_ = port; }

  [[nodiscard]] Response answer(const Request& request, const Now& now) override;

 private:
  static constexpr std::uint16_t kHttps = 443;

  std::uint16_t port_ = kHttps;
  const IsOurs is_ours_;
  const Hosts& hosts_;
};

}  // namespace pollux::http
