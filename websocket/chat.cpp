#include "websocket/chat.h"

#include <fmt/core.h>

#include "log/escape.h"
#include "log/throttle.h"

namespace pollux::websocket {

namespace {

// Who a number is, as further members of a JSON object.
std::string name_of(const Peer& peer) {
  return peer.name().empty() ? "" : ",\"name\":" + log::json_string(peer.name());
}

}  // namespace

void Chat::on_open(const PeerPtr& peer) {
  std::uint64_t number = 0;
  {
    const MutexLock lock(mutex_);
    number = numbers_[peer.get()] = ++last_;
  }
  hub_.add(peer);
  peer->send(
      {true, fmt::format(R"({{"kind":"here","you":{}{},"count":{}}})", number, name_of(*peer), hub_.size())});
  tell_count();
}

void Chat::on_message(const PeerPtr& peer, const Message& message) {
  if (!message.text) return peer->close(CloseCode::kUnsupported, "text only");
  if (message.payload.size() > kLongest) return peer->close(CloseCode::kTooBig, "1024 octets at most");
  std::uint64_t number = 0;
  {
    const MutexLock lock(mutex_);
    number = numbers_[peer.get()];
  }
  hub_.broadcast({true, fmt::format(R"({{"kind":"said","from":{}{},"text":{}}})", number, name_of(*peer),
                                    log::json_string(message.payload))});
}

void Chat::on_close(const PeerPtr& peer, CloseCode /*code*/) {
  hub_.remove(peer);
  {
    const MutexLock lock(mutex_);
    numbers_.erase(peer.get());
  }
  try {
    tell_count();
  } catch (const std::exception& error) {  // No memory: they will hear of the next.
    static log::Throttle throttle(1);
    throttle.log(log::Level::kError, "chat: {}", error.what());
  }
}

void Chat::tell_count() {
  if (hub_.size() > kSmall) return;  // It would be a message for each of n, n times.
  hub_.broadcast({true, fmt::format(R"({{"kind":"here","count":{}}})", hub_.size())});
}

}  // namespace pollux::websocket
