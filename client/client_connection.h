// One connection of the client library, as a state machine that events drive.
//
//   kConnecting --> kHandshake --> kBusy <--> kIdle --> kClosed
//        |              (https)      ^          |
//        +---------------------------+          +--- the server has ended it
//
// kBusy sends and receives at once: a server may answer before it has read the whole request.
// Level-triggered: one read an event, so that a flood on one connection does not starve the others.
//
// Thread: the worker's. An instance is destroyed by its owner at the end of a batch of events.
#pragma once

#include <memory>
#include <string>

#include "base/buffer.h"
#include "client/exchange.h"
#include "net/channel.h"
#include "net/event_loop.h"
#include "timer/timing_wheel.h"
#include "tls/client_context.h"
#include "tls/session.h"

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

class ClientConnection {
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

  void on_event(std::uint32_t events);
  void on_deadline(TimePoint now);

  // Each returns whether the connection is still there and its exchange goes on.
  [[nodiscard]] bool on_connected();
  [[nodiscard]] bool start_tls();
  [[nodiscard]] bool decrypt();

  void connect_next(int error);
  void watch(UniqueFd fd);
  void start_request();
  void flush();
  [[nodiscard]] bool encrypt_some();
  void receive();
  void parse();
  void end_of_input();
  void on_broken(int error);

  void complete();
  void end_idle();
  void fail(Stage stage, ErrorKind kind, std::string reason);
  [[nodiscard]] Stage stage() const;  // What the exchange is at.
  [[nodiscard]] bool sending() const { return sent_ < out_.size(); }
  void set_interest();
  void set_deadline(milliseconds stage);

  ClientConnectionOwner& owner_;
  net::EventLoop& loop_;
  const std::shared_ptr<const tls::ClientContext> context_;
  const Timeouts timeouts_;

  State state_ = State::kConnecting;
  std::string origin_;
  UniqueFd fd_;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<net::Channel>
      last_channel_;  // Of the address before; its callback may be the one that runs.
  std::uint32_t interest_ = 0;
  Timer timer_;

  ExchangePtr exchange_;
  bool used_before_ = false;  // By an earlier exchange.
  bool heard_ = false;        // Octets of the answer have come.
  bool send_broken_ = false;  // Nothing more is taken; the answer may still be there.
  bool in_body_ = false;
  bool wire_ended_ = false;  // By TLS's close_notify.

  std::string out_;  // Plain octets of the request; `sent_` of them are on their way.
  std::size_t sent_ = 0;
  Buffer in_;  // Plain.
  std::unique_ptr<tls::Session> tls_;
  ResponseParser parser_;
};

}  // namespace pollux::client
