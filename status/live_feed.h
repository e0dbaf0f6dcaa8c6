// The feed of /live, a WebSocket: how the server is doing, twice a second, and what is followed.
//
//   there:  trace next           follow the next request,
//           trace every N        or one in N,
//           trace from ADDRESS   or those of a client,
//           trace off            or none
//   back:   {"kind":"status", ...}               as /status.json, but the times are of the last half second,
//                                                and "seen" is how often each thread was found at what
//           {"kind":"trace", ...}                a request, when it is done
//           {"kind":"tracing", "order":"next"}   to all: what somebody has asked for
//
// While nobody watches, nothing is looked at and nothing is followed.
//
// Thread: any; it has one of its own, from the first watcher on.
#pragma once

#include <memory>
#include <thread>

#include "base/mutex.h"
#include "base/trace.h"
#include "status/snapshot.h"
#include "websocket/hub.h"
#include "websocket/message_handler.h"

namespace pollux::status {

class LiveFeed final : public websocket::MessageHandler {
 public:
  static constexpr const char* kPath = "/ws/live";

  // `sources` must outlive it; they may be asked as long as it lives.
  explicit LiveFeed(const Sources& sources);
  ~LiveFeed() override;

  // What is followed while nobody asks for anything, and from now on; nullptr, as at first: nothing. It must
  // outlive this.
  void set_idle(const trace::Order* idle) EXCLUDES(mutex_);

  void on_open(const websocket::PeerPtr& peer) override;
  void on_message(const websocket::PeerPtr& peer, const websocket::Message& message) override;
  void on_close(const websocket::PeerPtr& peer, websocket::CloseCode code) override;

 private:
  void run() EXCLUDES(mutex_);
  // false: it is to end.
  [[nodiscard]] bool wait_for_watchers() EXCLUDES(mutex_);
  [[nodiscard]] bool pause() EXCLUDES(mutex_);
  void watch();
  void tell(const trace::Recording& recording);
  void rest() const REQUIRES_LOCK(mutex_);

  const Sources& sources_;
  websocket::Hub watchers_;

  Mutex mutex_;  // Held while orders are given: the last watcher that goes takes back its own, no other's.
  CondVar changed_;
  const trace::Order* idle_ GUARDED_BY(mutex_) = nullptr;
  bool ending_ GUARDED_BY(mutex_) = false;

  std::shared_ptr<void> listening_;  // To the tracer.
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace pollux::status
