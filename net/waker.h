// Lets any thread ask a connection's protocol to run without input from its client, even when the connection
// is long gone.
//
//   wake() --> its ConnectionSet's list --> the loop, at the end of its batch: as if an event had come
//
// Shared by the connection and by the code that has something to tell the client. Neither knows when the
// other goes.
//
// Thread: wake() any; end() the one that holds the connection.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace pollux::tls {
class Session;
}

namespace pollux::net {

class Connection;
class ConnectionSet;
class SocketAddress;

class Waker : public std::enable_shared_from_this<Waker> {
 public:
  explicit Waker(Connection& connection) : connection_(&connection) {}
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Makes the protocol's on_input() run once, later; several calls may share one run. Allocates nothing, does
  // not throw.
  void wake() EXCLUDES(mutex_);

  void end() EXCLUDES(mutex_);  // The connection goes.

 private:
  friend class ConnectionSet;

  // Takes the waker off the list. nullptr: the connection is gone. Thread: the loop's, where no connection is
  // destroyed during the call.
  [[nodiscard]] Connection* answer() EXCLUDES(mutex_);

  Mutex mutex_;
  Connection* connection_ GUARDED_BY(mutex_);         // nullptr: it is gone.
  std::shared_ptr<Waker> listed_ GUARDED_BY(mutex_);  // Itself, while on its set's list.
  Waker* next_ = nullptr;                             // On the list; belongs to the set.
};

// A connection's services for its protocol. Thread: the one that holds the connection.
class ProtocolHost {
 public:
  virtual ~ProtocolHost() = default;

  // The same object each time. Throws std::bad_alloc.
  [[nodiscard]] virtual std::shared_ptr<Waker> waker() = 0;
  virtual void forget_waker() = 0;  // The old one becomes void; the next protocol gets a new one.

  // Whether the client has seen a certificate for this host; always, in plain text.
  [[nodiscard]] virtual bool is_certified_for(std::string_view host) const = 0;

  // The protocol agreed on by ALPN (RFC 7301), such as "h2"; empty: none, or plain text.
  [[nodiscard]] virtual std::string_view application_protocol() const = 0;

  // "TLSv1.3"; empty: plain text, or the handshake is not finished.
  [[nodiscard]] virtual std::string_view tls_version() const = 0;

  // The client's address as text: the peer's, or that of the client a proxy has named.
  [[nodiscard]] virtual std::string client() const = 0;

  // The peer is a proxy that has opened the connection for `client`: from now on it counts for that address.
  // false: the address is at its limit. Throws std::bad_alloc.
  [[nodiscard]] virtual bool stand_for(const SocketAddress& client) = 0;

  // The rest of the input, and all that follows, is TLS. The protocol then returns Next::kSwitch. REQUIRES:
  // nothing was sent.
  virtual void begin_tls(std::unique_ptr<tls::Session> session) = 0;

  // Whether other terms have replaced the connection's (net/terms.h).
  [[nodiscard]] virtual bool retired() const = 0;
};

}  // namespace pollux::net
