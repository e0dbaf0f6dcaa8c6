// The seam between a connection of the client library and what is spoken on it. A connection moves octets and
// knows of time; a protocol turns exchanges into octets, and octets into responses.
//
//   ClientConnection          socket, TLS, deadlines            knows no HTTP
//     Http1Exchange           one exchange at a time            RFC 9112
//     Http2Streams            many                              RFC 9113
//
// Thread: the worker's.
#pragma once

#include <string>

#include "base/buffer.h"
#include "base/output_queue.h"
#include "client/exchange.h"
#include "client/options.h"

namespace pollux::client {

class ClientProtocol {
 public:
  // Learns what becomes of exchanges: one of the first three is the last call for each. It calls nothing of
  // the protocol from within.
  class Listener {
   public:
    virtual void completed(ExchangePtr exchange) = 0;
    // `stale`: the connection had served others before, and ended before anything came back.
    virtual void failed(ExchangePtr exchange, Error error, bool stale) = 0;
    // The server has not looked at it, so that it can be sent again. `why`: in case that goes on for ever.
    virtual void returned(ExchangePtr exchange, Error why) = 0;
    // The exchange is at its next stage, which must be over in time.
    virtual void set_deadline(Exchange& exchange, milliseconds stage) = 0;

   protected:
    ~Listener() = default;
  };

  enum class Status : std::uint8_t {
    kBusy,
    kIdle,  // It carries nothing, and takes requests.
    kOver,  // It carries nothing, and takes none: to be closed.
  };

  ClientProtocol() = default;
  ClientProtocol(const ClientProtocol&) = delete;
  ClientProtocol& operator=(const ClientProtocol&) = delete;
  virtual ~ClientProtocol() = default;

  virtual void add(ExchangePtr exchange) = 0;  // REQUIRES: takes_more().
  [[nodiscard]] virtual bool takes_more() const = 0;
  [[nodiscard]] virtual bool one_at_a_time() const = 0;
  [[nodiscard]] virtual Status status() const = 0;
  [[nodiscard]] virtual bool wants_input() const = 0;  // false: nothing is to be read, a sink pauses.

  // Queues what is to be sent, within a bound; has_output(): it stopped at that.
  virtual void send(OutputQueue& out) = 0;
  [[nodiscard]] virtual bool has_output() const = 0;
  virtual void on_all_sent() = 0;

  virtual void receive(Buffer& in) = 0;
  // `cut`: nobody has said that it is the end, so it may be an attacker's.
  virtual void end_of_input(bool cut) = 0;

  // The connection is lost, or to be ended: so are all exchanges, each at the stage that it has reached.
  virtual void end_all(ErrorKind kind, const std::string& reason) = 0;
  // That one alone, by its caller or for want of time. REQUIRES: it was added, and has not ended.
  virtual void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) = 0;
  virtual void resume(const Exchange& exchange) = 0;  // As ExchangeHolder has it.
};

}  // namespace pollux::client
