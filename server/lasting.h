// Resources that outlive a reload: each generation (server/generation.h) borrows them.
#pragma once

#include <atomic>

#include "server/logging.h"
#include "status/live_feed.h"
#include "status/snapshot.h"
#include "tls/ticket_keys.h"
#include "websocket/chat.h"

namespace pollux::server {

struct Lasting {
  tls::TicketKeys& ticket_keys;  // So that sessions can be resumed across a reload.
  AccessFiles& access_files;
  websocket::Chat& chat;           // One room: who came before a reload talks to who came after it.
  const status::Sources& sources;  // Of the status pages.
  status::LiveFeed& feed;
  const std::atomic<bool>& draining;  // See http::Service.
};

}  // namespace pollux::server
