// The application's side of a WebSocket, which answers messages. It never sees a frame.
#pragma once

#include "websocket/peer.h"

namespace pollux::websocket {

class MessageHandler {
 public:
  MessageHandler() = default;
  MessageHandler(const MessageHandler&) = delete;
  MessageHandler& operator=(const MessageHandler&) = delete;
  virtual ~MessageHandler() = default;

  // Of one peer in this order, never two at once: on_open, any number of on_message, on_close. Thread:
  // whichever holds the connection, so those of several peers run at once. Must not wait. May throw: that
  // closes this one (1011).
  virtual void on_open(const PeerPtr& /*peer*/) {}
  virtual void on_message(const PeerPtr& peer, const Message& message) = 0;
  // `code`: the client's; kAbnormal when it went without a word. Must not throw.
  virtual void on_close(const PeerPtr& /*peer*/, CloseCode /*code*/) {}
};

}  // namespace pollux::websocket
