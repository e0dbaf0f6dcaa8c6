// One connection of the client library, as a state machine that events drive.
//
//   kConnecting --> kHandshake --> kBusy <--> kIdle --> kClosed
//        |              (https)      ^          |
//        +---------------------------+          +--- the server has ended it
//
// kBusy sends and receives at once: a server may answer before it has read the whole request. Octets and TLS
// are the Transport's, as on the server; each address that is tried has an EpollWire of its own.
// Level-triggered: one read an event, so that a flood on one connection does not starve the others.
//
// Thread: the worker's. An instance is destroyed by its owner at the end of a batch of events.
#pragma once

#include <memory>
#include <string>

#include "client/exchange.h"
#include "net/epoll_wire.h"
#include "net/event_loop.h"
#include "net/transport.h"
#include "timer/timing_wheel.h"
#include "tls/client_context.h"

namespace pollux::client {

class ClientConnection;

// Learns what becomes of a connection. The first two end the exchange on this connection; the owner then
// calls keep() or close().
class ClientConnectionOwner {
 public:
  virtual ~ClientConnectionOwner() = default;
  virtual void completed(ClientConnection& connection, ExchangePtr exchange, bool reusable) = 0;
  // `stale`: the connection had been kept, and ended before anything came back.
  virtual void failed(ClientConnection& connection, ExchangePtr exchange, Error error, bool stale) = 0;
  virtual void idle_ended(ClientConnection& connection) = 0;
  virtual void bury(ClientConnection& connection) = 0;  // It is closed; to be destroyed after the batch.
};

class ClientConnection final : public net::Wire::Handler {
 public:
  ClientConnection(ClientConnectionOwner& owner, net::EventLoop& loop,
                   std::shared_ptr<const tls::ClientContext> context, const Timeouts& timeouts,
                   const ResponseLimits& limits);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  void open(ExchangePtr exchange);  // With its socket, which is connecting.
  void use(ExchangePtr exchange);   // REQUIRES: idle.
  void keep(milliseconds time);     // Makes it idle.
  void close();
  void cancel(const char* reason);  // Whatever it does.

  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  enum class State : std::uint8_t { kConnecting, kHandshake, kBusy, kIdle, kClosed };

  void on_event(net::Wire::Event event) override;
  void on_deadline(TimePoint now);

  // Each returns whether the connection is still there and its exchange goes on.
  [[nodiscard]] bool on_connected();
  [[nodiscard]] bool start_tls();

  void connect(UniqueFd socket);
  void connect_next(int error);
  void start_request();
  void flush();
  void receive(bool end);
  void parse();
  void end_of_input();
  void on_broken(int error);
  void on_tls_failure(net::Transport::Security security);

  void complete();
  void end_idle();
  void fail(Stage stage, ErrorKind kind, std::string reason);
  [[nodiscard]] Stage stage() const;  // What the exchange is at.
  void await();
  void set_deadline(milliseconds stage);

  ClientConnectionOwner& owner_;
  net::EventLoop& loop_;
  const std::shared_ptr<const tls::ClientContext> context_;
  const Timeouts timeouts_;

  State state_ = State::kConnecting;
  std::string origin_;
  net::Transport transport_;
  std::unique_ptr<net::EpollWire> wire_;  // Never null after open().
  Timer timer_;

  ExchangePtr exchange_;
  bool used_before_ = false;  // By an earlier exchange.
  bool request_sent_ = false;
  bool send_broken_ = false;  // Nothing more can be sent; the response may still come.
  bool heard_ = false;        // Octets of the response have come.
  bool in_body_ = false;
  ResponseParser parser_;
};

}  // namespace pollux::client
