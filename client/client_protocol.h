// The seam between a connection of the client library and the protocol spoken on it. A connection moves
// octets and knows the time; a protocol turns exchanges into octets, and octets into responses.
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
  // Is told about exchanges: one of the first three calls is the last for each exchange. It must not call the
  // protocol from within.
  class Listener {
   public:
    virtual void completed(ExchangePtr exchange) = 0;
    // `stale`: the connection had served other exchanges before, and ended before any octet came back.
    virtual void failed(ExchangePtr exchange, Error error, bool stale) = 0;
    // The server has not processed it, so it can be sent again. `why`: the error if that never succeeds.
    virtual void returned(ExchangePtr exchange, Error why) = 0;
    // The exchange is at its next stage, which must end in time.
    virtual void set_deadline(Exchange& exchange, milliseconds stage) = 0;

   protected:
    ~Listener() = default;
  };

  enum class Status : std::uint8_t {
    kBusy,
    kIdle,  // No exchange, and requests can be added.
    kOver,  // No exchange, and none can be added: close it.
  };

  ClientProtocol() = default;
  ClientProtocol(const ClientProtocol&) = delete;
  ClientProtocol& operator=(const ClientProtocol&) = delete;
  virtual ~ClientProtocol() = default;

  virtual void add(ExchangePtr exchange) = 0;  // REQUIRES: takes_more().
  [[nodiscard]] virtual bool takes_more() const = 0;
  [[nodiscard]] virtual bool one_at_a_time() const = 0;
  [[nodiscard]] virtual Status status() const = 0;
  [[nodiscard]] virtual bool wants_input() const = 0;  // false: do not read, since a sink pauses.

  // Queues output up to a bound; has_output(): there is more.
  virtual void send(OutputQueue& out) = 0;
  [[nodiscard]] virtual bool has_output() const = 0;
  virtual void on_all_sent() = 0;

  virtual void receive(Buffer& in) = 0;
  // `cut`: the end is unauthenticated, so an attacker may have caused it.
  virtual void end_of_input(bool cut) = 0;

  // The connection is lost, or is to be ended: ends all exchanges, each at its current stage.
  virtual void end_all(ErrorKind kind, const std::string& reason) = 0;
  // Ends this exchange alone, by its caller or for lack of time. REQUIRES: it was added, and has not ended.
  virtual void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) = 0;
  virtual void resume(const Exchange& exchange) = 0;  // See ExchangeHolder.
};

}  // namespace pollux::client
