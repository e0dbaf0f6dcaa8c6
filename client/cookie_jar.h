// Cookies that servers have set (RFC 6265), for one client, in memory.
//
// A cookie goes back only to the host that has set it. Without the Public Suffix List nobody can tell which
// domains are shared by strangers (co.uk), so Domain is checked and then ignored. Bounds: 4 KiB each, 50 for
// a host, 3000 in total; the oldest one makes room.
//
// Thread: the worker's.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "client/url.h"

namespace pollux::client {

class CookieJar {
 public:
  static constexpr std::size_t kMaxOctets = 4096;  // The name, value and path of one cookie.
  static constexpr std::size_t kMaxOfHost = 50;
  static constexpr std::size_t kMax = 3000;

  // Stores the cookie of a Set-Cookie field in a response from `url`. A malformed one is ignored.
  void store(const Url& url, std::string_view field, WallTime now);

  // For a Cookie field: "a=b; c=d", longer paths first; empty: none.
  [[nodiscard]] std::string find(const Url& url, WallTime now);

  [[nodiscard]] std::size_t size() const { return cookies_.size(); }

 private:
  struct Cookie {
    std::string host;
    std::string name;
    std::string value;
    std::string path;
    WallTime expires = WallTime::max();
    bool secure = false;
    bool has_domain = false;
  };

  [[nodiscard]] static bool parse(Cookie& cookie, const Url& url, std::string_view field, WallTime now);
  [[nodiscard]] static bool apply(Cookie& cookie, const Url& url, std::string_view attribute, WallTime now);
  [[nodiscard]] bool hides_secure(const Cookie& cookie) const;
  void make_room(const std::string& host);

  std::list<Cookie> cookies_;  // In the order they were set.
};

}  // namespace pollux::client
