// The protocol of one client, HTTP/1.x or HTTP/2: sends its requests and reads the responses, on one
// connection after another.
//
//   PendingRequest --> push()                          unsent() --> octets to send
//                         octets that came --> read() --> Books: answered, or failed
//
// A requester holds the requests that its client took from the schedule until they have ended, and settles
// each of them once. Requests that a connection did not carry stay for the next one. The client has the parts
// that all protocols share: the socket, TLS, opening and closing, and the source of more requests.
//
// It knows no socket and no clock: octets and time are parameters, so tests feed it strings. Thread: that of
// its client.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>

#include "base/buffer.h"
#include "castor/books.h"
#include "castor/request_picker.h"

namespace pollux::castor {

class Requester {
 public:
  // How the connection goes on.
  enum class Next : std::uint8_t {
    kGoOn,
    kAwaitEnd,  // The server has announced the end: give it a moment to close.
    kEnd,       // The connection is spent. Other requests get a new one at the client's next turn.
    kReopen,    // The same, but at once.
    kFailed,    // It is broken: the client calls fail() with this stage and kind.
  };
  struct Step {
    Next next = Next::kGoOn;
    client::Stage stage = client::Stage::kReceive;
    client::ErrorKind kind = client::ErrorKind::kClosed;
  };

  virtual ~Requester() = default;

  // --- Requests.

  [[nodiscard]] virtual bool empty() const = 0;     // No request has been taken, or all have ended.
  [[nodiscard]] virtual bool has_room() const = 0;  // For one more.
  virtual void push(const PendingRequest& request, TimePoint now) = 0;  // REQUIRES: has_room().
  [[nodiscard]] virtual TimePoint oldest() const = 0;  // When the oldest began. REQUIRES: not empty().
  [[nodiscard]] virtual bool served() const = 0;       // This connection has had a response.

  // --- A connection.

  virtual void opened(TimePoint now) = 0;  // A new one begins.
  virtual void closed() = 0;               // It has ended. REQUIRES: opened() before.
  virtual void stop_sending() = 0;         // The server accepts no more octets; it may still respond.

  // --- Octets.

  [[nodiscard]] virtual bool all_sent() const = 0;
  // Lists the next octets to send, and returns the number of pieces filled. 0: there are none.
  [[nodiscard]] virtual std::size_t unsent(std::span<iovec> pieces, TimePoint now) = 0;
  virtual void sent(std::size_t octets, TimePoint now) = 0;  // REQUIRES: no more than unsent() listed.
  // With -f, a sent request is finished. REQUIRES: all_sent(), not empty().
  [[nodiscard]] virtual Step settle_sent(TimePoint now) = 0;

  // Consumes what it can parse; the caller passes the rest again, with the octets that follow.
  [[nodiscard]] virtual Step read(Buffer& in, TimePoint now) = 0;
  // The server has ended the connection; `rest` is what read() has left. `cut`: perhaps an attacker ended it,
  // since TLS was not closed. REQUIRES: not empty().
  [[nodiscard]] virtual Step end_of_input(Buffer& rest, bool cut, TimePoint now) = 0;

  // --- Failures. Each request that they end is counted.

  // The stage of a request that waits now.
  [[nodiscard]] virtual client::Stage stage() const = 0;
  // The connection is lost, with the requests it has carried, or with the first one if it has carried none.
  virtual void fail(client::Stage stage, client::ErrorKind kind, TimePoint now) = 0;
  // To be called regularly: ends requests that have waited too long.
  [[nodiscard]] virtual Step check_time(TimePoint now) = 0;
  // The run is over: all remaining requests have timed out, on a connection at this stage.
  virtual void abandon(client::Stage stage, TimePoint now) = 0;
};

// `held`: for a connection without requests.
[[nodiscard]] std::unique_ptr<Requester> make_requester(const Books& books, RequestPicker& picker, bool held);

}  // namespace pollux::castor
