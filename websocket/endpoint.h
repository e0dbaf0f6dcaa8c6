// A path of the site where a WebSocket can be opened: the handshake as an HTTP handler, then sessions for
// whom a websocket::MessageHandler answers.
//
// When the server shuts down, those that are open are told so (1001).
//
// Thread: any, several at once. Constant after construction, but for who is connected.
#pragma once

#include <atomic>

#include "http/handler.h"
#include "http/hosts.h"
#include "websocket/handshake.h"
#include "websocket/hub.h"
#include "websocket/message_handler.h"
#include "websocket/session.h"

namespace pollux::websocket {

struct EndpointOptions {
  SessionOptions session;
  OriginPolicy origins;
  bool deflate = true;
};

class Endpoint final : public http::AnsweringHandler {
 public:
  // All must outlive this, and it must outlive the connections. `hosts`: whose error pages it uses.
  Endpoint(const EndpointOptions& options, MessageHandler& handler, const http::Hosts& hosts)
      : options_(options), members_(handler), hosts_(hosts) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override {
    return answer(request, now, {});
  }
  // `name`: of the member who asks, see Peer.
  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now, std::string name);

  void drain() { members_.drain(); }

 private:
  // Knows who is there, and passes everything on.
  class Members final : public MessageHandler {
   public:
    explicit Members(MessageHandler& handler) : handler_(handler) {}
    void on_open(const PeerPtr& peer) override;
    void on_message(const PeerPtr& peer, const Message& message) override {
      handler_.on_message(peer, message);
    }
    void on_close(const PeerPtr& peer, CloseCode code) override;
    void drain();

   private:
    MessageHandler& handler_;
    Hub hub_;
    // Sequential with the hub's lock: who comes late is sent away as well.
    std::atomic<bool> draining_{false};
  };

  const EndpointOptions& options_;
  Members members_;
  const http::Hosts& hosts_;
};

}  // namespace pollux::websocket
