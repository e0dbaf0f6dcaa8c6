// The terms that a connection is served under: its deadlines and its protocol.
//
// A reload makes new terms and retires the old ones. A request in flight ends under its old terms. A
// connection between two requests moves to the new ones, if its protocol can be replaced then
// (Protocol::renewed()).
//
// Connections share their terms: what is behind these can go when the last connection has moved or ended, and
// nothing else knows when that is.
//
// Thread: any. Constant after construction, except what retired() and successor() return.
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

  // The protocol of a new client. `peer`: its address. Throws std::bad_alloc.
  [[nodiscard]] virtual std::unique_ptr<Protocol> new_protocol(std::string peer) const = 0;

  // Whether other terms have replaced these. Called once per request, so it must cost next to nothing.
  [[nodiscard]] virtual bool retired() const { return false; }
  // The terms that have replaced these; nullptr: there are none.
  [[nodiscard]] virtual std::shared_ptr<const Terms> successor() const { return nullptr; }

 private:
  const Timeouts timeouts_;
  const bool linger_;
};

}  // namespace pollux::net
