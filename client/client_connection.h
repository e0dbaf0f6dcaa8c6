// One connection of the client library, as a state machine that events drive.
//
//   kConnecting --> [kProxy] --> kHandshake --> kOpen --> kClosed
//        |                         (https)       ^
//        +---------------------------------------+
//
// Exchanges wait until the connection is open; then they go to its protocol, which ALPN decides.
// Http1Exchange takes one at a time, and the rest go back to the owner; Http2Streams takes many. The
// Transport does octets and TLS, as on the server; each address that is tried has an EpollWire of its own.
// Level-triggered, with one read per event, so that a flood on one connection does not starve the others.
//
// Thread: the worker's. An instance is destroyed by its owner at the end of a batch of events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/client_protocol.h"
#include "client/exchange.h"
#include "client/options.h"
#include "client/proxy_tunnel.h"
#include "net/epoll_wire.h"
#include "net/event_loop.h"
#include "net/transport.h"
#include "timer/timing_wheel.h"
#include "tls/client_context.h"

namespace pollux::client {

class ClientConnection;

// Is told about a connection and its exchanges. It must not call the connection from within.
class ClientConnectionOwner {
 public:
  virtual ~ClientConnectionOwner() = default;

  // See ClientProtocol::Listener. The connection has let go of the exchange.
  virtual void completed(ExchangePtr exchange) = 0;
  virtual void failed(ExchangePtr exchange, Error error, bool stale) = 0;
  virtual void returned(ExchangePtr exchange, Error why) = 0;

  // No exchange may be added unless the connection is idle. `one_at_a_time`: the protocol requires it.
  virtual void takes_no_more(ClientConnection& connection, bool one_at_a_time) = 0;
  // The connection has become idle. Return false to end it.
  [[nodiscard]] virtual bool keeps(ClientConnection& connection) = 0;
  virtual void closed(ClientConnection& connection) = 0;  // To be destroyed after the batch.
};

class ClientConnection final : public net::Wire::Handler,
                               public ExchangeHolder,
                               private ClientProtocol::Listener {
 public:
  // Connects to the origin of `url`. References must outlive it. `shared`: exchanges may be added before the
  // first one has ended.
  ClientConnection(ClientConnectionOwner& owner, net::EventLoop& loop,
                   std::shared_ptr<const tls::ClientContext> context, const ClientOptions& options,
                   const Url& url, bool shared);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  void open(ExchangePtr exchange);  // Takes its addresses.
  void add(ExchangePtr exchange);   // REQUIRES: shared and not takes_no_more(), or idle.

  void end_all(ErrorKind kind, const std::string& reason);  // Also ends the connection.

  // ExchangeHolder
  void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) override;
  void resume(const Exchange& exchange) override;

  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  enum class State : std::uint8_t { kConnecting, kProxy, kHandshake, kOpen, kClosed };

  // net::Wire::Handler
  void on_event(net::Wire::Event event) override;

  // ClientProtocol::Listener
  void completed(ExchangePtr exchange) override;
  void failed(ExchangePtr exchange, Error error, bool stale) override;
  void returned(ExchangePtr exchange, Error why) override;
  void set_deadline(Exchange& exchange, milliseconds stage) override;

  template <class Work>
  void guarded(Work work);
  void on_deadline();  // For its own stages.
  void set_own_deadline(milliseconds stage);

  // Each returns whether to go on.
  [[nodiscard]] bool on_connected();
  void start_tunnel();
  [[nodiscard]] bool start_tls();

  void connect_next(int error);
  void start_protocol(bool http2);
  void flush();
  void receive(bool end);
  void receive_from_proxy();
  [[nodiscard]] bool reads() const { return !protocol_ || protocol_->wants_input(); }
  void end_of_input();
  void on_broken(int error);
  void on_tls_failure(net::Transport::Security security);

  void settle();
  void await();
  void rest();
  void close();
  void release(Exchange& exchange);
  void fail_opening(const Error& error);
  void fail_opening(ErrorKind kind, const std::string& reason);
  [[nodiscard]] Stage opening_stage() const;

  ClientConnectionOwner& owner_;
  net::EventLoop& loop_;
  const std::shared_ptr<const tls::ClientContext> context_;
  const ClientOptions& options_;

  State state_ = State::kConnecting;
  bool shared_;
  bool idle_ = false;
  bool send_broken_ = false;  // Nothing more can be sent; a response may still come.
  const Url url_;
  const std::string origin_;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  net::Transport transport_;
  std::unique_ptr<net::EpollWire> wire_;      // nullptr: no address could be tried.
  std::unique_ptr<ProxyTunnel> tunnel_;       // nullptr unless kProxy.
  Timer timer_;                               // For its own stages; exchanges have their own timers.
  std::vector<ExchangePtr> waiting_;          // Until it is open.
  std::unique_ptr<ClientProtocol> protocol_;  // nullptr until it is open.
};

}  // namespace pollux::client
