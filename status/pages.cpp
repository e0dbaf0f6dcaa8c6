#include "status/pages.h"

#include <utility>

#include "http/one_time_body.h"
#include "status/prometheus.h"
#include "status/status_json.h"

namespace pollux::status {

namespace {

Page::Content unavailable(const char* reason) {
  return {.status = http::Status::kServiceUnavailable, .body = reason};
}

}  // namespace

http::Response Page::answer(const http::Request& request, const Now& now) {
  if (!request.is_get_or_head()) return hosts_.of(request).errors.method_not_allowed("GET, HEAD", now);
  Content content = make_();
  http::Response response;
  response.status = content.status;
  response.add_field("Content-Type", content.type);
  response.add_field("Cache-Control", "no-store");
  response.add_field("X-Content-Type-Options", "nosniff");
  set_one_time_body(response, request, std::move(content.body));
  return response;
}

Pages::Pages(const Sources& sources, const http::Hosts& hosts)
    : alive([] { return Page::Content{.body = "alive\n"}; }, hosts),
      ready(
          [&sources] {
            if (sources.draining()) return unavailable("draining\n");
            if (!sources.root_is_there()) return unavailable("the site's directory is gone\n");
            return Page::Content{.body = "ready\n"};
          },
          hosts),
      metrics(
          [&sources] {
            return Page::Content{.type = kPrometheusType, .body = prometheus(take_snapshot(sources))};
          },
          hosts),
      status(
          [&sources] {
            const Snapshot snapshot = take_snapshot(sources);
            return Page::Content{.type = "application/json",
                                 .body = to_json(snapshot, snapshot.metrics) + "\n"};
          },
          hosts) {}

}  // namespace pollux::status
