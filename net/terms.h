// The terms that a connection is served under: its deadlines, and the protocol that is spoken on it.
//
// A server that is given another configuration makes new terms, and the ones before are retired. What is
// under way ends under the terms it began with; a connection between two requests moves to the new ones, if
// its protocol can be replaced then (Protocol::renewed()).
//
// Shared by their connections: what is behind them can go when the last connection has moved or ended, and
// nobody else knows when that is.
//
// Thread: any. Constant after construction, but for what retired() and successor() say.
#pragma once

#include <memory>
#include <string>

#include "net/phase.h"
#include "net/protocol.h"

namespace pollux::net {

class Terms {
 public:
  // `linger`: always wait for the client to close first.
  explicit Terms(const Timeouts& timeouts, bool linger = false) : timeouts_(timeouts), linger_(linger) {}
  Terms(const Terms&) = delete;
  Terms& operator=(const Terms&) = delete;
  virtual ~Terms() = default;

  [[nodiscard]] const Timeouts& timeouts() const { return timeouts_; }
  [[nodiscard]] bool linger() const { return linger_; }

  // What a new client speaks. `peer`: its address. Throws std::bad_alloc.
  [[nodiscard]] virtual std::unique_ptr<Protocol> new_protocol(std::string peer) const = 0;

  // Others have taken their place. Asked once for each request, so it is to cost nothing.
  [[nodiscard]] virtual bool retired() const { return false; }
  // Those that have. nullptr: there are none.
  [[nodiscard]] virtual std::shared_ptr<const Terms> successor() const { return nullptr; }

 private:
  const Timeouts timeouts_;
  const bool linger_;
};

}  // namespace pollux::net
