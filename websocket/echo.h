// Sends every message back, for tests and for learners. [site] echo = on: ws://127.0.0.1:8080/ws/echo
#pragma once

#include "websocket/message_handler.h"

namespace pollux::websocket {

class Echo final : public MessageHandler {
 public:
  static constexpr const char* kPath = "/ws/echo";

  void on_message(const PeerPtr& peer, const Message& message) override { peer->send(message); }
};

}  // namespace pollux::websocket
