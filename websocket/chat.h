// A small chat: what one says, all hear. [site] chat = on: /chat.html
//
//   there:   Hello, twin.                                  text, 1024 octets at most
//   back:    {"kind":"said","from":7,"text":"Hello, twin."}
//            {"kind":"here","you":7,"count":3}             to who has come; without "you", to all of a small
//                                                          crowd, whenever that changes
//
// After "from" and "you" stands "name":"Ada" if that is a member who had logged in when the page was opened.
//
// Nothing is kept. Thread: any.
#pragma once

#include <atomic>
#include <map>

#include "base/mutex.h"
#include "websocket/hub.h"
#include "websocket/message_handler.h"

namespace pollux::websocket {

class Chat final : public MessageHandler {
 public:
  static constexpr const char* kPath = "/ws/chat";
  static constexpr std::size_t kSmall = 100;     // In a larger crowd nobody is told who comes and goes.
  static constexpr std::size_t kLongest = 1024;  // Octets of a message.

  void on_open(const PeerPtr& peer) override;
  void on_message(const PeerPtr& peer, const Message& message) override;
  void on_close(const PeerPtr& peer, CloseCode code) override;

 private:
  void tell_count();

  Hub hub_;
  Mutex mutex_;
  std::map<const Peer*, std::uint64_t> numbers_ GUARDED_BY(mutex_);
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;
};

}  // namespace pollux::websocket
