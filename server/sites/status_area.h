// The server's report on itself: the pages of status/, and the live view with its feed, for the visitors that
// [status] allows.
//
// Thread: construction and destruction on the main thread; the handlers on any.
#pragma once

#include "http/handler.h"
#include "server/config/config.h"
#include "server/lasting.h"
#include "status/live_feed.h"
#include "status/live_view.h"
#include "status/pages.h"
#include "status/visitors.h"
#include "websocket/endpoint.h"

namespace pollux::server {

class StatusArea {
 public:
  // `hosts`: their navigation and error pages are used. `others`: responds to clients that are not allowed.
  // All arguments must outlive the object.
  StatusArea(const Config& config, const websocket::EndpointOptions& feed_options, const Lasting& lasting,
             const http::Hosts& hosts, http::Handler& others);
  StatusArea(const StatusArea&) = delete;
  StatusArea& operator=(const StatusArea&) = delete;

  void add_to(http::Router& router);

  // The server shuts down: ends the live views.
  void drain() { feed_endpoint_.drain(); }

 private:
  const status::Visitors visitors_;
  status::Pages pages_;
  websocket::Endpoint feed_endpoint_;
  status::LiveView view_;
  status::ForVisitors alive_;
  status::ForVisitors ready_;
  status::ForVisitors metrics_;
  status::ForVisitors status_;
  status::ForVisitors live_feed_;
  status::ForVisitors live_view_;
};

}  // namespace pollux::server
