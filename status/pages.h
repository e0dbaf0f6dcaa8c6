// The server's account of itself, for programs: /healthz, /readyz, /metrics, /status.json.
//
// Thread: any. Constant after construction.
#pragma once

#include <functional>

#include "http/handler.h"
#include "http/hosts.h"
#include "status/snapshot.h"

namespace pollux::status {

// One page: GET and HEAD, made anew each time, kept by nobody.
class Page final : public http::AnsweringHandler {
 public:
  struct Content {
    http::Status status = http::Status::kOk;
    const char* type = "text/plain; charset=utf-8";
    std::string body;
  };
  using Make = std::function<Content()>;

  // `hosts`, whose error pages it uses, must outlive this.
  Page(Make make, const http::Hosts& hosts) : make_(std::move(make)), hosts_(hosts) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  const Make make_;
  const http::Hosts& hosts_;
};

class Pages {
 public:
  // Both must outlive this.
  Pages(const Sources& sources, const http::Hosts& hosts);

  Page alive;    // /healthz: who can answer at all is alive.
  Page ready;    // /readyz: 503 while the server shuts down, or its site is gone.
  Page metrics;  // /metrics
  Page status;   // /status.json
};

}  // namespace pollux::status
