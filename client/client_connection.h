// One connection of the client library, as a state machine that events drive.
//
//   kConnecting --> [kProxy] --> kHandshake --> kOpen --> kClosed
//        |                         (https)       ^
//        +---------------------------------------+
//
// Exchanges wait until it is open; then its protocol has them, which ALPN decides: Http1Exchange takes one at
// a time, so that the others go back to the owner, Http2Streams takes many. Octets and TLS are the
// Transport's, as on the server; each address that is tried has an EpollWire of its own. Level-triggered: one
// read an event, so that a flood on one connection does not starve the others.
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

// Learns what becomes of a connection and of its exchanges. It calls nothing of the connection from within.
class ClientConnectionOwner {
 public:
  virtual ~ClientConnectionOwner() = default;

  // As ClientProtocol::Listener has them. Nothing is left of the exchange on the connection.
  virtual void completed(ExchangePtr exchange) = 0;
  virtual void failed(ExchangePtr exchange, Error error, bool stale) = 0;
  virtual void returned(ExchangePtr exchange, Error why) = 0;

  // Nothing more must be added, but when it is idle. `one_at_a_time`: that is the protocol's way.
  virtual void takes_no_more(ClientConnection& connection, bool one_at_a_time) = 0;
  // It has become idle. false: it is not to be kept.
  [[nodiscard]] virtual bool keeps(ClientConnection& connection) = 0;
  virtual void closed(ClientConnection& connection) = 0;  // To be destroyed after the batch.
};

class ClientConnection final : public net::Wire::Handler,
                               public ExchangeHolder,
                               private ClientProtocol::Listener {
 public:
  // To the origin of `url`. References must outlive it. `shared`: exchanges may be added before one has
  // ended.
  ClientConnection(ClientConnectionOwner& owner, net::EventLoop& loop,
                   std::shared_ptr<const tls::ClientContext> context, const ClientOptions& options,
                   const Url& url, bool shared);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  void open(ExchangePtr exchange);  // Takes its addresses.
  void add(ExchangePtr exchange);   // REQUIRES: shared and not takes_no_more(), or idle.

  void end_all(ErrorKind kind, const std::string& reason);  // And itself.

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
  void on_deadline();  // Of a stage of its own.
  void set_own_deadline(milliseconds stage);

  // Each returns whether it goes on.
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
  Timer timer_;                               // Of its own stages; exchanges have theirs.
  std::vector<ExchangePtr> waiting_;          // Until it is open.
  std::unique_ptr<ClientProtocol> protocol_;  // nullptr until it is open.
};

}  // namespace pollux::client
