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
  tls::TicketKeys& ticket_keys;  // Sessions can be resumed across a reload.
  AccessFiles& access_files;
  websocket::Chat& chat;           // One room: members from before and after a reload meet in it.
  const status::Sources& sources;  // For the status pages.
  status::LiveFeed& feed;
  const std::atomic<bool>& draining;  // See http::Service.
};

}  // namespace pollux::server
