// A cache from names to addresses, filled by the system's resolver.
//
// An answer is valid for half a minute. A name without an answer is not looked up again for a few seconds: a
// resolver that is down takes its whole timeout each time. If there is an older answer, it is used for
// another half minute, since a name may be unknown for a while although its server still exists.
//
// Thread: the task thread.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "client/socket.h"
#include "client/url.h"

namespace pollux::client {

class AddressCache {
 public:
  using Resolve = std::function<Resolved(const std::string& host, std::uint16_t port)>;

  static constexpr std::chrono::seconds kGood{30};
  static constexpr std::chrono::seconds kFailed{5};

  // `clock` must outlive the object. Tests pass their own `resolve`.
  explicit AddressCache(Resolve resolve = client::resolve, const Clock& clock = Clock::system())
      : resolve_(std::move(resolve)), clock_(clock) {}

  // nullptr: look_up() is due. Valid until the next look_up(). Without addresses: the name has none, for now.
  [[nodiscard]] const Resolved* find(const Url& url) const;
  void look_up(const Url& url);  // Blocks for as long as the resolver takes.

 private:
  static constexpr std::size_t kMax = 1024;  // Origins.

  struct Entry {
    Resolved resolved;
    TimePoint until;
  };

  const Resolve resolve_;
  const Clock& clock_;
  std::unordered_map<std::string, Entry> entries_;  // By origin.
};

}  // namespace pollux::client
