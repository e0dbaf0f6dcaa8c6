// Lets any thread ask a connection's protocol to run without input from its client, at any time, also when
// the connection is long gone.
//
//   wake() --> its ConnectionSet's list --> the loop, at the end of its batch: as if an event had come
//
// Shared: by the connection, and by whoever has something to say to the client. Neither knows when the other
// goes.
//
// Thread: wake() any; end() whichever holds the connection.
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

  // The protocol's on_input() runs after this, sometime; once for several calls before it. Allocates nothing,
  // does not throw.
  void wake() EXCLUDES(mutex_);

  void end() EXCLUDES(mutex_);  // The connection goes.

 private:
  friend class ConnectionSet;

  // Takes it off the list. Thread: the loop's, where a connection is not destroyed in the midst of this.
  // nullptr: the connection has gone.
  [[nodiscard]] Connection* answer() EXCLUDES(mutex_);

  Mutex mutex_;
  Connection* connection_ GUARDED_BY(mutex_);         // nullptr: it has gone.
  std::shared_ptr<Waker> listed_ GUARDED_BY(mutex_);  // Itself while it is on its set's list, else nullptr.
  Waker* next_ = nullptr;                             // On the list; its set's.
};

// What a connection does for its protocol. Thread: whichever holds the connection.
class ProtocolHost {
 public:
  virtual ~ProtocolHost() = default;

  // The same one each time. Throws std::bad_alloc.
  [[nodiscard]] virtual std::shared_ptr<Waker> waker() = 0;
  virtual void forget_waker() = 0;  // Who has it wakes nobody any more; the next protocol gets another one.

  // Whether the client has seen a certificate for this host; of plain text, always.
  [[nodiscard]] virtual bool is_certified_for(std::string_view host) const = 0;

  // What was agreed on by ALPN (RFC 7301), such as "h2"; empty: nothing, or plain text is spoken.
  [[nodiscard]] virtual std::string_view application_protocol() const = 0;

  // "TLSv1.3"; empty: plain text, or the handshake goes on.
  [[nodiscard]] virtual std::string_view tls_version() const = 0;

  // The client's address, as text: that of the connection's other end, or the one it stands for.
  [[nodiscard]] virtual std::string client() const = 0;

  // The connection's other end is a balancer, which has opened it for this client: from now on it counts as
  // the client's. false: the client has as many connections as it may have. Throws std::bad_alloc.
  [[nodiscard]] virtual bool stand_for(const SocketAddress& client) = 0;

  // What is left of the input, and all that follows, is TLS. The protocol then says Next::kSwitch.
  // REQUIRES: nothing was sent.
  virtual void begin_tls(std::unique_ptr<tls::Session> session) = 0;

  // Other terms have taken the place of the connection's (net/terms.h).
  [[nodiscard]] virtual bool retired() const = 0;
};

}  // namespace pollux::net
