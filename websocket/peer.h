// The other end of a WebSocket, as the rest of the program sees it: something to send messages to.
//
//   any thread: send() --> outbox --> the session, when its connection is served next; if need be it is woken
//
// Shared: by the session and by whoever may want to say something to it. Neither knows when the other goes;
// to send to one that has gone does nothing.
//
// Bounded: while there is more in the outbox than its limit, because the other end does not read, nothing
// more is taken, what there is is thrown away, and the session is ended (1008). So a slow reader costs the
// others nothing.
//
// Thread: any, but for what only the session may call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "net/waker.h"
#include "websocket/frame.h"

namespace pollux::websocket {

// A whole frame, made once for all who get it.
using SharedFrame = std::shared_ptr<const std::string>;

// Text or octets; a view. Text is UTF-8, which the sender sees to.
struct Message {
  bool text = true;
  std::string_view payload;

  [[nodiscard]] Opcode opcode() const { return text ? Opcode::kText : Opcode::kBinary; }
};

[[nodiscard]] SharedFrame share(const Message& message);

class Peer {
 public:
  // `limit`: of the outbox, in octets. `address`: of the client. `name`: of the member it is; empty: of none.
  Peer(std::size_t limit, std::string address, std::string name = {})
      : limit_(limit), address_(std::move(address)), name_(std::move(name)) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // false: it has gone, or has just been given up. Throw std::bad_alloc.
  bool send(const Message& message) EXCLUDES(mutex_);
  bool send(SharedFrame frame) EXCLUDES(mutex_);

  // After what was sent before.
  void close(CloseCode code, std::string_view reason = {}) EXCLUDES(mutex_);

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // --- For the session, on the thread that holds its connection.

  struct Outgoing {
    SharedFrame frame;  // nullptr: a message that is still to be made one.
    bool text = false;
    std::string payload;
  };
  struct Ending {
    CloseCode code;
    std::string reason;
  };

  void open(std::shared_ptr<net::Waker> waker) EXCLUDES(mutex_);
  // What has been sent, as much as `max` octets and one message more. Until it has returned nothing, nobody
  // need wake the session.
  [[nodiscard]] std::vector<Outgoing> take(std::size_t max) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Ending> take_ending() EXCLUDES(mutex_);  // When the outbox is empty.
  void end() EXCLUDES(mutex_);
  // Bytes held by the outbox for this peer alone: frames that others share do not count.
  [[nodiscard]] std::size_t memory() const EXCLUDES(mutex_);

 private:
  bool put(Outgoing outgoing, std::size_t octets) EXCLUDES(mutex_);
  void empty_outbox() REQUIRES_LOCK(mutex_);

  const std::size_t limit_;
  const std::string address_;
  const std::string name_;

  mutable Mutex mutex_;
  std::shared_ptr<net::Waker> waker_ GUARDED_BY(mutex_);  // nullptr: not open yet, or gone.
  std::vector<Outgoing> outbox_ GUARDED_BY(mutex_);  // A deque would have half a kilobyte when it is empty.
  std::size_t octets_ GUARDED_BY(mutex_) = 0;        // In the outbox.
  std::size_t own_octets_ GUARDED_BY(mutex_) = 0;    // Of these, in messages that are not shared.
  std::optional<Ending> ending_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
  bool awake_ GUARDED_BY(mutex_) = true;  // The session will look into the outbox without being told.
};

using PeerPtr = std::shared_ptr<Peer>;

}  // namespace pollux::websocket
