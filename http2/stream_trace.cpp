#include "http2/stream_trace.h"

#include <chrono>

namespace pollux::http2 {

void trace_head(std::int32_t id, const http::Request& request) noexcept {
  trace::note("request", "stream {}: {} {}", id, request.method_name, request.target);
  trace::Streams* streams = trace::streams();
  if (streams != nullptr) streams->asks(id, request.method_name, request.target);
}

void trace_answer(std::int32_t id, const http::Response& response) noexcept {
  trace::note("answer", "stream {}: {}", id, static_cast<int>(response.status));
  trace::Streams* streams = trace::streams();
  if (streams == nullptr || streams->followed() != id) return;
  trace::answered();
  if (response.successor) streams->becomes_tunnel(id);
}

void trace_end(std::int32_t id) noexcept {
  trace::Streams* streams = trace::streams();
  if (streams == nullptr) return;
  streams->end(id, std::chrono::steady_clock::now());
  if (streams->followed() == id) trace::answered();  // Or called off before: that is the end of it, too.
}

}  // namespace pollux::http2
